-- Health of a TradingSweep for Argo CD: resource.customizations.health.trading.zixly.io_TradingSweep
--
-- A status of another generation says nothing about this one, so the generation is looked at first;
-- then the first condition that is true decides. kstatus reads the same objects in the same way.
-- Argo CD gives scripts no string and no math library, and a new object has no status at all.

local function message_of(condition)
  return condition.message or condition.reason or ""
end

local metadata = obj.metadata or {}
local status = obj.status or {}

if metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "Being deleted" }
end
if status.observedGeneration == nil or status.observedGeneration ~= metadata.generation then
  return { status = "Progressing", message = "Waiting for the operator to look at it" }
end

local holds = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    holds[condition.type] = condition
  end
end

if holds.Reconciling ~= nil then
  return { status = "Progressing", message = message_of(holds.Reconciling) }
end
if holds.Stalled ~= nil then
  return { status = "Degraded", message = message_of(holds.Stalled) }
end
if holds.Suspended ~= nil then
  return { status = "Suspended", message = message_of(holds.Suspended) }
end
if holds.Ready ~= nil then
  return { status = "Healthy", message = message_of(holds.Ready) }
end
return { status = "Progressing", message = "Waiting for its conditions" }
