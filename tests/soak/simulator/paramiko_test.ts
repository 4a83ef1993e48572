/** Debian's paramiko, which Ansible and many others log in with, into simulated servers. */
import assert from "node:assert/strict";
import { pythonWith, testNeeding } from "../../needs.ts";
import { runProgram, serveForTest } from "../../simulator/served_simulator.ts";
import { SimulatedClient } from "../../simulator/simulated_client.ts";

const PROGRAM = `
import sys, paramiko
host, port, key = sys.argv[1:4]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(host, port=int(port), username="debian", key_filename=key, look_for_keys=False, allow_agent=False)
_, out, _ = client.exec_command("hostname", get_pty=True)
print(out.read().decode().strip(), out.channel.recv_exit_status())
_, out, _ = client.exec_command("exit 3")
print(out.channel.recv_exit_status())
sftp = client.open_sftp()
with sftp.open("/tmp/file", "w") as file: file.write("text")
print(sftp.stat("/tmp/file").st_size)
client.close()
`;

for (const quirks of [[], ["ssh-fips"], ["ssh-dropbear"]]) {
  const what = quirks[0] ?? "a plain simulated server";
  testNeeding(
    ["paramiko", "ssh-keygen"],
    `paramiko logs in, runs commands and copies files: ${what}`,
    async () => {
      await using world = await serveForTest({ clouds: [{ bootTime: 0, quirks }] });
      const client = await SimulatedClient.login(world.simulator);
      const keyFile = `${world.folder}/key`;
      const made = await runProgram("ssh-keygen", ["-q", "-t", "rsa", "-N", "", "-f", keyFile]);
      assert.equal(made.code, 0, made.stderr);
      const keypair = { name: "key", public_key: await Deno.readTextFile(`${keyFile}.pub`) };
      await client.call("POST", "/compute/v2.1/os-keypairs", { keypair });
      const server = world.simulator.cloud().servers.get(await client.booted("one", { key_name: "key" }))!;
      const { code, stdout, stderr } = await runProgram(pythonWith("paramiko")!, [
        ...["-c", PROGRAM],
        ...[server.ports[0]!.address, String(world.served.sshPort), keyFile],
      ]);
      assert.deepEqual([code, stdout], [0, "one 0\n3\n4\n"], stderr);
    },
  );
}
