"""Everything one test run has: engines, registries and base images, each started when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.engine.harness.bases import NAMES, Bases
from tests.engine.harness.engine import Engine, PrivateEngine, machine_engine
from tests.engine.harness.newest import NewestEngine, newest_tools
from tests.engine.harness.packages import Prefix, engine_prefix, install_machine_programs, need_debian_root
from tests.engine.harness.registry import Registry
from tests.engine.harness.runs import Run


@dataclass(slots=True)
class Session:
    """The daemons of one run; errors of every accessor: `Unavailable` where this machine cannot have it."""

    outlive: bool = False
    run: Run | None = None
    _prefix: Prefix | None = None
    _engines: dict[str, Engine] = field(default_factory=dict)
    _registry: Registry | None = None
    _bases: Bases | None = None

    def engine(self) -> Engine:
        """The machine's own engine where it has a fit one, else engine `a` of ours."""
        if "first" not in self._engines:
            self._engines["first"] = machine_engine() or self.private_engine("a")
        return self._engines["first"]

    def private_engine(self, name: str) -> PrivateEngine:
        """An engine of ours, which tests may empty; two of them stand for two machines."""
        engine = self._engines.get(name)
        if not isinstance(engine, PrivateEngine):
            need_debian_root()
            prefix = self._programs()
            engine = PrivateEngine.start(name, self._folder().part(name), prefix, outlive=self.outlive)
            self._engines[name] = engine
        return engine

    def newest_engine(self, name: str = "newest") -> NewestEngine:
        """The newest BuildKit and buildx, where `BAKEGEN_TEST_NEWEST=1` asks for them."""
        engine = self._engines.get(name)
        if not isinstance(engine, NewestEngine):
            tools = newest_tools()
            engine = NewestEngine.start(name, self._folder().part(name), self._programs(), tools, outlive=self.outlive)
            self._engines[name] = engine
        return engine

    def registry(self) -> Registry:
        """The registry that the tests share, empty at first."""
        if self._registry is None:
            prefix = self._programs()
            self._registry = Registry.start(self._folder().part("registry"), prefix, outlive=self.outlive)
        return self._registry

    def bases(self, *names: str) -> dict[str, str]:
        """The references of the base images `names` (all of them where none is named), built if need be."""
        if self._bases is None:
            prefix = self._programs()
            self._bases = Bases.start(self._folder().part("bases"), prefix, outlive=self.outlive)
        return self._bases.ensure(self.engine(), names or NAMES)

    def close(self) -> None:
        """Ends everything this run started and removes its folder."""
        for engine in self._engines.values():
            if isinstance(engine, PrivateEngine | NewestEngine):
                engine.stop()
        if self._registry is not None:
            self._registry.stop()
        if self._bases is not None:
            self._bases.registry.stop()
        if self.run is not None:
            self.run.close()
            self.run = None

    def _programs(self) -> Prefix:
        if self._prefix is None:
            install_machine_programs()
            self._prefix = engine_prefix()
        return self._prefix

    def _folder(self) -> Run:
        if self.run is None:
            self.run = Run.open(outlive=self.outlive)
        return self.run
