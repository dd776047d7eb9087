"""``chalice deploy`` of the zip that `make package` has verified, and no other: run by build/venv's Python 3.13.

``python -m infra.localstack.chalice_deploy PROJECT ZIP CODE``: CODE (JSON) says where the zip is in S3, for sent with
every function it would be the longest part of a deployment. Chalice by itself would collect the packages again, and
waits five seconds a function, which an emulated Lambda does not need.
"""

import json
import os
import sys
import time
from typing import Any

from chalice import cli
from chalice.app import Chalice, LambdaFunction
from chalice.awsclient import TypedAWSClient
from chalice.cli.factory import CLIFactory
from chalice.deploy import deployer
from chalice.deploy.packager import LambdaDeploymentPackager

PATIENCE = 0.1


class Factory(CLIFactory):
    """Loads the application without its WebSocket API, which LocalStack has not: its handlers become plain functions."""

    def load_chalice_app(self, *arguments: Any, **named: Any) -> Chalice:
        app = super().load_chalice_app(*arguments, **named)
        for handler in app.websocket_handlers.values():
            app.pure_lambda_functions.append(LambdaFunction(handler, handler.name, handler.handler_string))
        app.websocket_handlers.clear()
        return app


class Client(TypedAWSClient):
    """Takes the code from S3, and looks again after a tenth of a second."""

    code: dict[str, str]

    def __init__(self, session: Any) -> None:
        super().__init__(session, sleep=lambda seconds: time.sleep(min(seconds, PATIENCE)))
        session.register("provide-client-params.lambda.CreateFunction", self._create_from_storage)
        session.register("provide-client-params.lambda.UpdateFunctionCode", self._update_from_storage)

    def _create_from_storage(self, params: dict[str, Any], **event: Any) -> dict[str, Any]:
        return params | {"Code": self.code}

    def _update_from_storage(self, params: dict[str, Any], **event: Any) -> dict[str, Any]:
        return {name: value for name, value in params.items() if name != "ZipFile"} | self.code

    def _wait_for_function_update(self, function_name: str) -> None:
        waiter = self._client("lambda").get_waiter("function_updated")
        waiter.wait(FunctionName=function_name, WaiterConfig={"Delay": PATIENCE})


def main(project: str, archive: str, code: str) -> None:
    """Deploys; ends the process with Chalice's own status."""

    class Verified(LambdaDeploymentPackager):
        def create_deployment_package(self, project_dir: str, python_version: str) -> str:
            return archive

    Client.code = json.loads(code)
    vars(cli).update(CLIFactory=Factory)
    vars(deployer).update(LambdaDeploymentPackager=Verified, TypedAWSClient=Client)
    os.chdir(project)
    sys.argv = ["chalice", "deploy", "--stage", "live"]
    sys.exit(cli.main())


if __name__ == "__main__":
    main(*sys.argv[1:])
