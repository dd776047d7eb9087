"""``chalice deploy`` of the zip that `make package` has verified, and no other: run by build/venv's Python 3.13.

``python -m infra.localstack.chalice_deploy PROJECT ZIP``. Chalice by itself would collect the packages again, and
waits five seconds a function, which an emulated Lambda does not need.
"""

import os
import sys
import time
from typing import Any

from chalice import cli
from chalice.awsclient import TypedAWSClient
from chalice.deploy import deployer
from chalice.deploy.packager import LambdaDeploymentPackager

PATIENCE = 0.1


class Client(TypedAWSClient):  # type: ignore[misc]
    """Looks again after a tenth of a second."""

    def __init__(self, session: Any) -> None:
        super().__init__(session, sleep=lambda seconds: time.sleep(min(seconds, PATIENCE)))

    def _wait_for_function_update(self, function_name: str) -> None:
        waiter = self._client("lambda").get_waiter("function_updated")
        waiter.wait(FunctionName=function_name, WaiterConfig={"Delay": PATIENCE})


def main(project: str, archive: str) -> None:
    """Deploys; ends the process with Chalice's own status."""

    class Verified(LambdaDeploymentPackager):  # type: ignore[misc]
        def create_deployment_package(self, project_dir: str, python_version: str) -> str:
            return archive

    deployer.LambdaDeploymentPackager = Verified
    deployer.TypedAWSClient = Client
    os.chdir(project)
    sys.argv = ["chalice", "deploy", "--stage", "live"]
    sys.exit(cli.main())


if __name__ == "__main__":
    main(*sys.argv[1:])
