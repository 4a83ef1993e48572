"""Drives a Jenkins with python-jenkins, the library that 2016's Nodepool used; prints what it saw as JSON."""
import json
import sys

import jenkins

url, user, password, node, job = sys.argv[1:6]
client = jenkins.Jenkins(url, user, password)
seen = {"before": client.node_exists(node)}
client.create_node(
    node,
    numExecutors=1,
    nodeDescription="Dynamic single use trusty node",
    remoteFS="/home/jenkins",
    labels="trusty",
    exclusive=True,
    launcher=jenkins.LAUNCHER_SSH,
    launcher_params={"port": 22, "credentialsId": "jenkins-key", "host": "203.0.113.12"},
)
seen["created"] = client.node_exists(node)
seen["config"] = client.get_node_config(node)
try:
    client.create_node(node)
except jenkins.JenkinsException as error:
    seen["again"] = str(error)
client.reconfig_node(node, seen["config"].replace("<label>trusty</label>", "<label>xenial</label>"))
seen["relabelled"] = client.get_node_config(node)
seen["nodes"] = [one["name"] for one in client.get_nodes()]
seen["queued"] = client.build_job(job, {"NODE": node})
client.delete_node(node)
seen["after"] = client.node_exists(node)
try:
    jenkins.Jenkins(url, user, "wrong").get_node_config(node)
except jenkins.JenkinsException as error:
    seen["refused"] = str(error).splitlines()[0]
print(json.dumps(seen))
