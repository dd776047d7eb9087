"""A real Apache Kafka from Maven Central, for what the embedded broker cannot show: durability above all.

``python -m infra.local.apache_kafka start --data DIR --port P [--jars DIR]`` runs it until Ctrl-C. Needs
Java 17 and Maven. Tests start, kill and restart it: ``with ApacheKafka(folder) as kafka: ...``.
"""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.local import processes
from infra.local.errors import LocalError

VERSION = "4.4.0"
LOGGER = "1.7.36"
CLUSTER_ID = "rendezvous-local-kafka"  # fixed: a random one may begin with a dash, which the tool takes for an option
JVM = ("-Xmx256m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
START_SECONDS = 60.0

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rendezvous</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{LOGGER}</version>
    </dependency>
  </dependencies>
</project>
"""

# One node needs replication factors of 1: without them transactions and groups wait for ever. The short
# session lets a broker that was killed come back at once; the default makes it wait 15 seconds.
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=200
num.io.threads=2
num.network.threads=1
"""


class ApacheKafka:
    """A running broker that keeps its topics in ``data``.

    Args:
        data: folder of its settings, its topics and its log; made when absent.
        port: where it listens on loopback, also after a restart; 0: a free port.
        jars: folder of its libraries, filled from Maven Central when empty; None: ``data/jars``.
    """

    def __init__(self, data: Path, *, port: int = 0, jars: Path | None = None) -> None:
        self.data = data.resolve()
        self.jars = (jars or data / "jars").resolve()
        self.port = port or processes.free_port()
        self.log = self.data / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port, as KAFKA_BOOTSTRAP wants it."""
        return f"{processes.LOOPBACK}:{self.port}"

    def __enter__(self) -> "ApacheKafka":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it, also again after ``kill``, and returns when it answers. Raises LocalError."""
        self.data.mkdir(parents=True, exist_ok=True)
        download(self.jars)
        settings = self.data / "server.properties"
        if settings.exists():
            listeners = re.sub(r"PLAINTEXT://127.0.0.1:\d+", f"PLAINTEXT://127.0.0.1:{self.port}", settings.read_text())
            settings.write_text(listeners)
        else:
            self._format(settings)
        self.process = processes.spawn([*self._java(), "kafka.Kafka", settings], log=self.log)
        processes.wait_until(self._answers, self.process, "Apache Kafka", self.log, START_SECONDS)

    def stop(self) -> None:
        """Ends it in order."""
        if self.process is not None:
            processes.stop(self.process, patience=20)
            self.process = None

    def kill(self) -> None:
        """kill -9, as a crash would; ``start`` brings it back on the same port with what it had."""
        if self.process is not None:
            processes.kill(self.process)
            self.process = None

    def _java(self) -> tuple[str, ...]:
        return ("java", *JVM, QUIET, "-cp", f"{self.jars}/*")

    def _format(self, settings: Path) -> None:
        draft = settings.with_suffix(".new")
        draft.write_text(PROPERTIES.format(port=self.port, controller=processes.free_port(), logs=self.data / "topics"))
        tool = [*self._java(), "kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER_ID, "-c", str(draft)]
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(
                f"Apache Kafka could not format {self.data}: {' '.join((done.stderr or done.stdout).split())}"
            )
        draft.rename(settings)

    def _answers(self) -> bool:
        if not processes.answers(self.port):
            return False
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=2000)
        except KafkaError:
            return False
        try:
            admin.list_topics()
        except KafkaError:
            return False
        finally:
            admin.close()
        return True


def download(jars: Path) -> None:
    """Fills ``jars`` with Apache Kafka's libraries unless they are there. Raises LocalError."""
    for program, package in (("java", "Java 17"), ("mvn", "Maven")):
        if shutil.which(program) is None:
            raise LocalError(f"Apache Kafka needs {package}: install it (apt install openjdk-17-jre-headless maven).")
    if (jars / f"kafka_2.13-{VERSION}.jar").exists():
        return
    draft = jars.with_name(jars.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    (draft / "pom.xml").write_text(POM)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={draft}"]
    maven = ["mvn", "-q", "-B", "-f", str(draft / "pom.xml"), *goal]
    done = subprocess.run(maven, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        reason = (done.stdout + done.stderr).strip().splitlines()
        raise LocalError(f"Maven could not fetch Apache Kafka: {reason[0] if reason else 'it said nothing'}")
    shutil.rmtree(jars, ignore_errors=True)
    draft.rename(jars)


def main(arguments: list[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.apache_kafka", description=__doc__)
    parser.add_argument("command", choices=["start", "fetch"], help="fetch: only download the libraries")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--jars", type=Path, default=None)
    options = parser.parse_args(arguments)
    broker = ApacheKafka(options.data, port=options.port, jars=options.jars)
    if options.command == "fetch":
        download(broker.jars)
        return
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: ended.set())
    if processes.answers(options.port):
        raise LocalError(f"Port {options.port} is taken: choose another one with --port.")
    with broker:
        print(f"Apache Kafka {VERSION} is ready: KAFKA_BOOTSTRAP={broker.bootstrap}", flush=True)
        while not ended.wait(0.5):
            if broker.process is None or broker.process.poll() is not None:
                raise LocalError(f"Apache Kafka ended: {processes.last_line(broker.log)} (see {broker.log}).")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LocalError as error:
        sys.exit(str(error))
