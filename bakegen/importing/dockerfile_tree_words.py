"""Words that readers of Dockerfiles know: endings of files, names of folders, options, Docker Hub's own images."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_DOCKERFILES = _words(
    """
    dockerignore md rst txt adoc py go js mjs ts tsx rb rs java kt php c h html json yaml yml toml sh bash ps1
    lock snap bak orig rej swp old diff patch log sum png svg
    """
)
"""Endings of files that are about Dockerfiles, not such."""
TEMPLATES = _words(
    """
    j2 jinja jinja2 in template tmpl tpl gotmpl erb mustache hbs m4 ejs mako jq template2 example sample dist
    """
)
"""Endings of files that another program makes Dockerfiles of."""
PLACES = _words(
    """
    .ci .circleci .docker .github .gitlab build builds ci config container containerfiles containers contrib
    deploy deployment deployments devops docker docker-images dockerfile dockerfiles dockers etc image images
    infra infrastructure ops packaging pkg src
    """
)
"""Folders that say where Dockerfiles are kept, not what they make."""
GROUPS = _words(
    """
    app apps components compose library modules package packages plugins projects scripts service services
    stacks tools
    """
)
"""Folders that say so only where they are not the last ones."""
PURPOSES = _words(
    """
    build builder ci debug dev development lint local prod production release staging test testing tests
    """
)
"""What a Dockerfile is for, which does not say what it makes."""
OFFICIAL = _words(
    """
    adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop
    bash bonita buildpack-deps busybox caddy cassandra chronograf cirros clearlinux clefos clickhouse clojure
    composer consul convertigo couchbase couchdb crate dart debian docker drupal eclipse-mosquitto
    eclipse-temurin eggdrop elasticsearch elixir erlang fedora flink fluentd friendica gazebo gcc geonetwork
    ghost golang gradle groovy haproxy haskell haxe hello-world hitch httpd hylang ibmjava influxdb irssi java
    jetty jobber joomla jruby julia kapacitor kibana kong krakend lightstreamer liquibase logstash mageia
    mariadb matomo maven mediawiki memcached mongo mongo-express monica mysql nats nats-streaming neo4j
    neurodebian nextcloud nginx node notary odoo open-liberty openjdk opensuse oraclelinux orientdb percona perl
    phpmyadmin photon php plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star rapidoid redis
    redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch silverpeas sl solr
    sonarqube spark spiped storm swift swipl teamspeak telegraf tomcat tomee traefik ubuntu unit valkey varnish
    vault websphere-liberty wordpress xwiki yourls znc zookeeper
    """
)
"""Names that mean an image of Docker Hub's library, whatever a folder is called.

Source: https://github.com/docker-library/official-images/tree/master/library
"""
VALUED = _words(
    """
    --add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to
    --call --cgroup-parent --cpu-period --cpu-quota --cpu-shares --cpuset-cpus --cpuset-mems --device --file
    --format --iidfile --isolation --label --layers --memory --memory-swap --metadata-file --network
    --no-cache-filter --output --platform --policy --progress --provenance --sbom --secret --security-opt
    --shm-size --ssh --tag --target --ulimit --volume -c -f -m -o -t -v
    """
)
"""Options of ``docker build`` that take the word after them."""
