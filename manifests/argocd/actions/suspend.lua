-- Hold the sweep. Where Git names spec.suspend, Git's word counts at the next sync.
obj.spec.suspend = true
return obj
