/** The SFTP subsystem of simulated servers: serves OpenSSH's `sftp` and `scp`, and ssh2's client. */
import type { SFTPWrapper } from "ssh2";
import { type SftpGround, SftpSession } from "./sftp_session.ts";

/** Answers the requests of one session until it ends. */
export function serveSftp(sftp: SFTPWrapper, ground: SftpGround): void {
  ground.files.haveFolder(ground.home);
  const session = new SftpSession(sftp, ground);
  sftp.on("error", () => {});
  sftp.on("end", () => endWell(sftp));
  sftp.on("REALPATH", (id, path) => session.answer(id, () => session.realPath(id, path)));
  sftp.on("STAT", (id, path) => session.answer(id, () => session.stat(id, path, { last: true })));
  sftp.on("LSTAT", (id, path) => session.answer(id, () => session.stat(id, path, { last: false })));
  sftp.on(
    "SETSTAT",
    (id, path, attributes) => session.answer(id, () => session.setStat(id, path, attributes)),
  );
  sftp.on("FSTAT", (id, handle) => session.answer(id, () => session.handleStat(id, handle)));
  sftp.on(
    "FSETSTAT",
    (id, handle, attributes) => session.answer(id, () => session.setHandleStat(id, handle, attributes)),
  );
  sftp.on(
    "MKDIR",
    (id, path, attributes) => session.answer(id, () => session.makeFolder(id, path, attributes)),
  );
  sftp.on("RMDIR", (id, path) => session.answer(id, () => session.remove(id, path, "folder")));
  sftp.on("REMOVE", (id, path) => session.answer(id, () => session.remove(id, path, "file")));
  sftp.on("RENAME", (id, from, to) => session.answer(id, () => session.rename(id, from, to)));
  sftp.on("SYMLINK", (id, first, second) => session.answer(id, () => session.makeLink(id, first, second)));
  sftp.on("READLINK", (id, path) => session.answer(id, () => session.readLink(id, path)));
  sftp.on("OPENDIR", (id, path) => session.answer(id, () => session.openFolder(id, path)));
  sftp.on("READDIR", (id, handle) => session.answer(id, () => session.readFolder(id, handle)));
  sftp.on(
    "OPEN",
    (id, path, flags, attributes) =>
      session.answer(id, () => session.openFile(id, path, { flags, attributes })),
  );
  sftp.on(
    "READ",
    (id, handle, offset, length) => session.answer(id, () => session.read(id, handle, { offset, length })),
  );
  sftp.on(
    "WRITE",
    (id, handle, offset, data) => session.answer(id, () => session.write(id, handle, { offset, data })),
  );
  sftp.on("CLOSE", (id, handle) => session.answer(id, () => session.close(id, handle)));
}

/** The part of ssh2's inner parts that is reached into: its version is pinned. */
interface Ssh2Sftp {
  readonly outgoing: { readonly id: number; readonly state: string };
  readonly _protocol: { exitStatus(channel: number, status: number): void };
}

/** `scp` takes a session without an exit status for one that broke, and ssh2 has no call that sends one for SFTP. */
function endWell(sftp: SFTPWrapper): void {
  const { outgoing, _protocol } = sftp as unknown as Ssh2Sftp;
  if (outgoing.state === "open") _protocol.exitStatus(outgoing.id, 0);
  sftp.end();
}
