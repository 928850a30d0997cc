-- Which actions Argo CD offers on a TradingSweep, and which of them would do something now.

local metadata = obj.metadata or {}
local annotations = metadata.annotations or {}
local status = obj.status or {}
local spec = obj.spec or {}

local holds = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    holds[condition.type] = true
  end
end

local answered = status.observedGeneration ~= nil
  and status.observedGeneration == metadata.generation
local leaving = metadata.deletionTimestamp ~= nil
local ended = answered and (holds.Complete or holds.Failed) or false

-- A command that the status has not answered yet is on its way.
local function on_its_way(command, answer)
  local asked = annotations["trading.zixly.io/" .. command]
  return asked ~= nil and asked ~= answer
end

local running_anew = on_its_way("run-requested-at", status.lastHandledRunRequest)
local being_cancelled = on_its_way("cancel-requested-at", status.lastHandledCancelRequest)

local function action(name, icon, possible)
  return { displayName = name, iconClass = "fa fa-fw " .. icon, disabled = not possible }
end

return {
  ["run-again"] = action("Run again", "fa-redo", ended and not running_anew and not leaving),
  ["cancel"] = action("Cancel", "fa-ban", not ended and not being_cancelled and not leaving),
  ["suspend"] = action("Suspend", "fa-pause", not ended and not spec.suspend and not leaving),
  ["resume"] = action("Resume", "fa-play", spec.suspend == true and not leaving),
}
