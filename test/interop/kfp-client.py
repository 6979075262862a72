"""Drives the registry client of the kfp package for templates.test.ts; each command prints one JSON object.

release HOST SEED TAGS       compiles a pipeline, uploads it, names package, version and the sha256 of its bytes
inspect HOST PACKAGE VERSION TAG
                             what a user of the registry finds there, by version and by tag, and what kfp loads from it
release-with HOST IMAGE TAGS the same of a pipeline of two components: one runs in that image, one in the usual one
images HOST PACKAGE TAG      which images the executors run in, by what kfp loads from there
move HOST PACKAGE VERSION TAG
                             sets a tag by the API

With ARTIFACT_REGISTRY set the client asks as it asks Google: packages and tags by Artifact Registry's REST API.
"""

import hashlib
import json
import os
import sys
import tempfile

import kfp.registry
from google.protobuf import json_format
from kfp import compiler, components, dsl


@dsl.component(base_image="python:3.12")
def say(text: str) -> str:
    return text


def compile_pipeline(seed, path):
    @dsl.pipeline(name="train-model", description=seed)
    def train(text: str = "hello"):
        say(text=text)

    compiler.Compiler().compile(train, path)


def compile_pipeline_with(image, path):
    @dsl.component(base_image=image)
    def train(text: str) -> str:
        return text

    @dsl.pipeline(name="train-model", description=f"runs in {image}")
    def both(text: str = "hello"):
        say(text=train(text=text).output)

    compiler.Compiler().compile(both, path)


def open_client(host, folder):
    if "ARTIFACT_REGISTRY" not in os.environ:
        return kfp.registry.RegistryClient(host=host)
    context = os.path.join(os.path.dirname(kfp.registry.__file__), "context", "kfp_pkg_dev.json")
    with open(context) as file:
        config = json.load(file)
    origin = "/".join(host.split("/")[:3])
    config = {
        key: url.replace("https://artifactregistry.googleapis.com", origin).replace("{location}", "us")
        for key, url in config.items()
    }
    config["regex"] = r"^http://[^/]+/(?P<project_id>[^/]+)/(?P<repo_id>[^/]+)$"
    config_file = os.path.join(folder, "context.json")
    with open(config_file, "w") as file:
        json.dump(config, file)
    return kfp.registry.RegistryClient(host=host, config_file=config_file)


def sha256(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.sha256(file.read()).hexdigest()


def last(name):
    return name.rsplit("/", 1)[-1]


def release(client, folder, seed, tags, compile=compile_pipeline):
    path = os.path.join(folder, "pipeline.yaml")
    compile(seed, path)
    package, version = client.upload_pipeline(
        path, tags=tags.split(","), extra_headers={"description": f"seed {seed}"}
    )
    return {"package": package, "version": version, "sha256": sha256(path)}


def inspect(client, folder, package, version, tag):
    by_version = client.download_pipeline(package, version=version, file_name=os.path.join(folder, "v.yaml"))
    by_tag = client.download_pipeline(package, tag=tag, file_name=os.path.join(folder, "t.yaml"))
    loaded = components.load_component_from_file(by_tag)
    return {
        "packages": [last(found["name"]) for found in client.list_packages()],
        "versions": [last(found["name"]) for found in client.list_versions(package)],
        "tags": {last(found["name"]): last(found["version"]) for found in client.list_tags(package)},
        "package": last(client.get_package(package)["name"]),
        "version": last(client.get_version(package, version)["name"]),
        "tag": last(client.get_tag(package, tag)["version"]),
        "byVersion": sha256(by_version),
        "byTag": sha256(by_tag),
        "loaded": loaded.pipeline_spec.pipeline_info.name,
        "inputs": sorted(loaded.component_spec.inputs),
    }


def release_with(client, folder, image, tags):
    return release(client, folder, image, tags, compile_pipeline_with)


def images(client, folder, package, tag):
    path = client.download_pipeline(package, tag=tag, file_name=os.path.join(folder, "t.yaml"))
    deployment = json_format.MessageToDict(components.load_component_from_file(path).pipeline_spec.deployment_spec)
    return {name: executor["container"]["image"] for name, executor in deployment["executors"].items()}


def move(client, folder, package, version, tag):
    return {"version": last(client.update_tag(package, version, tag)["version"])}


def main(command, host, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        client = open_client(host, folder)
        commands = {
            "release": release,
            "release-with": release_with,
            "inspect": inspect,
            "images": images,
            "move": move,
        }
        found = commands[command](client, folder, *arguments)
        print(json.dumps(found))


main(*sys.argv[1:])
