target "text" {
  cache-to   = ["type=registry,ref=r.example/a:c,mode=max", "type=inline"]
  cache-from = ["r.example/short:c", "type=local,src=/tmp/bakefiles-cache"]
  output     = ["type=image,name=r.example/a,push=true"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
  secret     = ["id=x,env=HOME"]
}
target "object" {
  cache-to   = [{ type = "registry", ref = "r.example/a:c", mode = "max", ignore-error = true }]
  cache-from = [{ type = "gha", scope = "x" }, "type=gha,scope=y"]
  output     = [{ type = "image", push = true, compression-level = 3 }]
}
target "quoted" {
  cache-to = ["type=registry,\"ref=r.example/a:c\""]
}
