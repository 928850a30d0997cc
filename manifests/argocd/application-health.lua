-- Health of an Application: without it a parent's sync waves do not wait for one another, since
-- Argo CD ships no check for its own kind.
local health = (obj.status or {}).health or {}
return { status = health.status or "Progressing", message = health.message or "" }
