-- Cancel the run that waits or is at the Trading API; it ends as Failed with the reason Cancelled.
local os = require("os")
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["trading.zixly.io/cancel-requested-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
