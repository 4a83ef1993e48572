/** The running daemon and Prometheus: what it fetches, from a pool at work and in trouble. */
import { systemClock } from "../../src/lib/clock.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { jobConfig, QUICK } from "./job_pool.ts";
import { RunningPool } from "./running_pool.ts";

/** A free port: Prometheus cannot be asked which it has taken. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

class Prometheus implements AsyncDisposable {
  readonly #port: number;
  readonly #process: Deno.ChildProcess;

  private constructor(port: number, process: Deno.ChildProcess) {
    this.#port = port;
    this.#process = process;
  }

  /** It fetches from the address each second; its files lie in the folder. */
  static async start(target: string, folder: string): Promise<Prometheus> {
    const port = freePort();
    const config = `${folder}/prometheus.yml`;
    await Deno.writeTextFile(
      config,
      `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: nodepool
    static_configs: [{targets: ["${target}"]}]
`,
    );
    const process = new Deno.Command("prometheus", {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/prometheus`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Prometheus(port, process);
  }

  /** The values of a query, by their labels; empty while there are none, or it does not answer yet. */
  async query(query: string): Promise<readonly { metric: Record<string, string>; value: number }[]> {
    const url = `http://127.0.0.1:${this.#port}/api/v1/query?query=${encodeURIComponent(query)}`;
    try {
      const { data } = await (await fetch(url)).json();
      return data.result.map((
        { metric, value }: { metric: Record<string, string>; value: [number, string] },
      ) => ({
        metric,
        value: Number(value[1]),
      }));
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

testNeeding(
  ["prometheus"],
  "Prometheus fetches a pool's metrics: its nodes, launches, requests, API calls, troubles",
  async (t) => {
    await using pool = await RunningPool.start({ config: jobConfig({ minReady: 2 }), clouds: [QUICK] });
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 2);
    const { url } = await pool.fetch("/healthz").then(async (response) => {
      await response.body?.cancel();
      return response;
    });
    await using prometheus = await Prometheus.start(new URL(url).host, pool.folder);
    const one = async (query: string) => (await prometheus.query(query))[0]?.value;
    const becomes = (query: string, value: number) =>
      eventually(async () => await one(query) === value, () => systemClock.sleep(100)).catch(
        async (error) => {
          throw new Error(`${query} is ${await one(query)}, not ${value}`, { cause: error });
        },
      );

    await t.step("a pool at rest", async () => {
      await becomes(`up{job="nodepool"}`, 1);
      await becomes(`nodepool_nodes{provider="main",label="small",state="ready"}`, 2);
      await becomes(`nodepool_label_ready_nodes{label="small"} - nodepool_label_min_ready{label="small"}`, 0);
      await becomes(`nodepool_launches_total{provider="main",label="small",result="ready"}`, 2);
      await becomes(
        `nodepool_api_requests_total{service="compute",operation="ServerCreate",status="202"}`,
        2,
      );
      await becomes(`nodepool_launch_overhead_seconds_count{provider="main"}`, 2);
      await becomes("nodepool_ready", 1);
      await becomes("count(nodepool_build_info)", 1);
      await becomes("process_resident_memory_bytes > bool 10000000", 1);
      await becomes("process_cpu_seconds_total > bool 0", 1);
      await becomes("nodepool_event_loop_delay_seconds_count > bool 0", 1);
    });

    await t.step("a request that is met", async () => {
      await pool.run("acquire", "small", "--job", "unit");
      await becomes(`nodepool_request_wait_seconds_count{label="small",result="granted"}`, 1);
      await becomes(`nodepool_nodes{provider="main",label="small",state="used"}`, 1);
    });

    await t.step("a broken configuration, then a cloud that is down", async () => {
      const text = await Deno.readTextFile(pool.configFile);
      await Deno.writeTextFile(pool.configFile, text.replace("min-ready", "min-redy"));
      await becomes("nodepool_config_last_reload_successful", 0);
      await Deno.writeTextFile(pool.configFile, text);
      await becomes("nodepool_config_last_reload_successful", 1);
      pool.simulator.arm({ fault: 23 });
      // So that it is asked something soon.
      await pool.run("delete", ...(await pool.nodes()).map(({ id }) => String(id)));
      await becomes(`nodepool_provider_up{provider="main"}`, 0);
      await becomes("nodepool_ready", 0);
      await becomes(`sum(nodepool_api_requests_total{status=~"5..|timeout|unavailable"}) > bool 0`, 1);
    });
  },
);
