using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Harness.Images;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Benchmarks.Metering;

/// <summary>Pods that each work for their time and are deleted at its end, some at once.</summary>
internal sealed class PodCrowd(KubernetesClient admin, string space)
{
    // Each takes a twentieth of a core.
    private const int Together = 25;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    // A millisecond of work, then rest, until so many hundredths of a second have passed.
    private const string Program = """
        now() { read -r up _ </proc/uptime; time=${up%.*}${up#*.}; }
        now; end=$((time + $0))
        while [ "$time" -lt "$end" ]; do i=0; while [ $i -lt 400 ]; do i=$((i + 1)); done; sleep 0.05; now; done
        """;

    private readonly ResourceClient<V1Pod> pods = admin.Resource<V1Pod>();

    /// <returns>Seconds that each pod's program was told to run, by the pod's UID.</returns>
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(IReadOnlyList<double> lives)
    {
        await admin.Resource(ResourceKinds.Namespace).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = space } });
        var ran = new ConcurrentDictionary<string, double>();
        await Parallel.ForAsync(0, lives.Count, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, cancellation) =>
        {
            var name = $"short-{i}";
            var made = await admin.Resource(ResourceKinds.Pod).CreateAsync(Pod(name, lives[i]), cancellationToken: cancellation);
            ran[(string)made["metadata"]!["uid"]!] = lives[i];
            while ((await pods.GetAsync(name, space, cancellation))?.Status?.Phase is not ("Succeeded" or "Failed")) await Task.Delay(Look, TimeProvider.System, cancellation);
            await pods.DeleteAsync(name, space, cancellationToken: cancellation);
        });
        return ran;
    }

    private JsonObject Pod(string name, double seconds) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space },
        ["spec"] = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["automountServiceAccountToken"] = false,
            ["terminationGracePeriodSeconds"] = 1,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "work", ["image"] = BusyboxImages.Burn,
                ["command"] = new JsonArray("/bin/sh", "-c", Program, ((int)(seconds * 100)).ToString(CultureInfo.InvariantCulture)),
                // No limit: throttled, a container would take seconds to start.
                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "50m", ["memory"] = "16Mi" } },
            }),
        },
    };
}
