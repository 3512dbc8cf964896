variable "PHP" {
  default = [
    { version = "8.2.28", series = "8.2", sha256 = "af4a58d1" },
    { version = "8.3.20", series = "8.3", sha256 = "b15ef0cc" },
    { version = "8.4.6", series = "8.4", sha256 = "089b08a5" },
  ]
}

group "default" {
  targets = ["php"]
}

group "fpm" {
  targets = [for p in PHP : "php-${replace(p.series, ".", "")}-fpm"]
}

target "php" {
  matrix = {
    php    = PHP
    flavor = ["", "-fpm"]
  }
  name       = "php-${replace(php.series, ".", "")}${flavor}"
  dockerfile = "docker/php/Dockerfile"
  target     = flavor == "" ? "cli" : "fpm"
  args = {
    PHP_VERSION = php.version
    PHP_SHA256  = php.sha256
  }
  tags = [
    "docker.io/example/php:${php.version}${flavor}",
    "docker.io/example/php:${php.series}${flavor}",
  ]
}
