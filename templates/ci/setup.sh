#% if docker_image
apk add --no-cache git python3 > /dev/null
#% endif
[ -x "$HOME/.bakegen/@{ version }@/bin/bakegen" ] || {
  python3 -m venv "$HOME/.bakegen/@{ version }@"
  "$HOME/.bakegen/@{ version }@/bin/pip" install --quiet "bakegen[zstd]==@{ version }@"
}
PATH="$HOME/.bakegen/@{ version }@/bin:$PATH"
#% if docker_image
# The engine is behind TLS, which buildx takes from a context alone.
docker context inspect bakegen > /dev/null 2>&1 || docker context create bakegen > /dev/null
#% endif
# A builder that can write caches to a registry.
docker buildx inspect bakegen > /dev/null 2>&1 ||
  docker buildx create --name bakegen --driver docker-container@{ " bakegen" if docker_image else "" }@
export BUILDX_BUILDER=bakegen
# Builds of forks have no secrets: they read what everybody may, and write nothing.
if [ -n "${REGISTRY_PASSWORD:-}" ]; then
  printf '%s' "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin @{ host }@
fi
