target "everything" {
  args        = { EMPTY = "" }
  tags        = ["example.com/everything:1"]
  annotations = ["index,manifest:org.opencontainers.image.title=everything", "org.opencontainers.image.licenses=MIT"]
  attest      = ["type=provenance,mode=max", "type=sbom,generator=docker/buildkit-syft-scanner"]
  output = [
    { type = "registry", compression = "zstd", "compression-level" = 3, "oci-mediatypes" = true },
    "type=local,dest=out",
  ]
  secret = [
    "id=netrc,src=./secrets/netrc",
    { type = "env", id = "token", env = "API_TOKEN" },
  ]
  ssh             = ["default", { id = "deploy", paths = ["keys/deploy"] }]
  network         = "host"
  entitlements    = ["security.insecure"]
  extra-hosts     = { mirror = "10.0.0.1", proxy = "10.0.0.2" }
  shm-size        = "128m"
  ulimits         = ["nofile=1024:4096", "memlock=-1:-1"]
  no-cache        = true
  no-cache-filter = ["test", "package"]
  pull            = true
  call            = "check"
}

target "plain" {
  dockerfile = "plain.Dockerfile"
  attest     = ["type=provenance,disabled=true"]
  output     = ["type=cacheonly"]
  pull       = false
}
