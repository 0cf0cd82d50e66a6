using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Cluster.Manifests;

/// <summary>
/// The Job that reads one volume of a lease and sends it by HTTP PUT, confined as the lease's own pods are. The URL is the tenant's
/// secret: it goes from its Secret into the pod, past the operator.
/// </summary>
internal static class ExportManifest
{
    // A file may be larger than the volume that it lies on, and be read as zeros without end, which nobody pays for: more than the volume
    // holds is not read. The volume is read twice: servers want to know the length before the first byte, and a tar of the same files is the same.
    // What is sent is hashed on its way out too: the two have to agree.
    internal const string Script = """
        fail() { printf %.1000s "$1" >/dev/termination-log; exit 1; }
        pack() { tar -cf - --exclude ./lost+found -C /volume . 2>/tmp/tar || : >/tmp/broken; }
        digest() { sha256sum | { read -r hash _; printf %s "$hash"; }; }
        mkfifo /tmp/copy
        wc -c </tmp/copy >/tmp/size &
        first=$(pack | head -c $((MOST + 1)) | tee /tmp/copy | digest); wait
        read -r size </tmp/size
        [ "$size" -le "$MOST" ] || fail "it is larger than the volume, of which $MOST bytes are sent at most: files with holes (sparse ones) count whole, so have the workload remove or pack them"
        [ ! -e /tmp/broken ] || fail "it could not be read ($(head -n 3 /tmp/tar))"
        digest </tmp/copy >/tmp/sent &
        answer=$(pack | tee /tmp/copy | curl -q --silent --show-error --globoff --proto '=http,https' --http1.1 \
          --connect-timeout 30 --speed-limit 1 --speed-time 60 --output /dev/null --write-out '%{http_code} %{size_upload}' \
          --header Transfer-Encoding: --header "Content-Length: $size" --upload-file - --url "$URL" 2>/tmp/curl)
        ended=$?; wait
        [ $ended = 0 ] || fail "it could not be sent ($(head -n 1 /tmp/curl))"
        case $answer in 2??\ *) ;; *) fail "the server answered with HTTP status ${answer% *}" ;; esac
        [ "${answer#* }" = "$size" ] || fail "the server took ${answer#* } of $size bytes"
        [ "$(cat /tmp/sent)" = "$first" ] || fail "it changed while it was read"
        printf '%s %s' "$first" "$size" >/dev/termination-log
        """;

    private const int CpuMilli = 1000;
    private const int RequestedCpuMilli = 100;
    private const int MemoryMiB = 128;
    private const int ScratchMiB = 16;

    /// <param name="bytes">That the volume may hold.</param>
    public static JsonObject Build(EnsureExport export, long bytes, string image, string runtimeClass)
    {
        var spec = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["terminationGracePeriodSeconds"] = 1,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = export.Wish.User,
                ["runAsGroup"] = PodManifest.VolumeGroup,
                // As the workload's own pods had it: storage that keeps groups lets this one read what these wrote.
                ["fsGroup"] = PodManifest.VolumeGroup,
                ["seccompProfile"] = Json.Map(("type", "RuntimeDefault")),
            },
            ["containers"] = new JsonArray(Container(export, bytes, image)),
            ["volumes"] = new JsonArray(
                new JsonObject { ["name"] = "tmp", ["emptyDir"] = Json.Map(("sizeLimit", Amount.MiB(ScratchMiB))) },
                new JsonObject { ["name"] = "volume", ["persistentVolumeClaim"] = Json.Map(("claimName", export.Volume)) }),
        };
        if (runtimeClass.Length > 0) spec["runtimeClassName"] = runtimeClass;
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = NamespaceManifest.Metadata(export.Id, Names.ExportJob),
            ["spec"] = new JsonObject
            {
                ["backoffLimit"] = 0,
                ["activeDeadlineSeconds"] = export.DeadlineSeconds,
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = NamespaceManifest.Labels(export.Id) }, ["spec"] = spec },
            },
        };
    }

    // A tar has half a KiB of each file's, and a block at its end.
    private static long MostBytes(long bytes) => bytes + (bytes / 10) + (64L << 20);

    private static JsonObject Container(EnsureExport export, long bytes, string image) => new()
    {
        ["name"] = "export",
        ["image"] = image,
        ["imagePullPolicy"] = ContainerManifest.PullPolicy(image),
        ["command"] = new JsonArray("sh", "-c", Script),
        ["env"] = new JsonArray(
            new JsonObject
            {
                ["name"] = "URL",
                ["valueFrom"] = new JsonObject { ["secretKeyRef"] = Json.Map(("name", export.Wish.Secret), ("key", export.Volume)) },
            },
            Json.Map(("name", "MOST"), ("value", MostBytes(bytes).ToString(CultureInfo.InvariantCulture)))),
        ["volumeMounts"] = new JsonArray(
            Json.Map(("name", "tmp"), ("mountPath", "/tmp")),
            new JsonObject { ["name"] = "volume", ["mountPath"] = "/volume", ["readOnly"] = true }),
        ["securityContext"] = ContainerManifest.Security(),
        ["resources"] = Resources(export.Terms.Resources),
    };

    // Within what was leased, which is free while nothing else runs.
    private static JsonObject Resources(Resources leased)
    {
        var limits = Json.Map(
            ("cpu", Amount.Cpu(Math.Min(CpuMilli, leased.CpuMilli))),
            ("memory", Amount.MiB(Math.Min(MemoryMiB, leased.MemoryMiB))),
            ("ephemeral-storage", Amount.MiB(Math.Min(ScratchMiB, leased.StorageMiB))));
        var requests = limits.DeepClone();
        requests["cpu"] = Amount.Cpu(Math.Min(RequestedCpuMilli, leased.CpuMilli));
        return new JsonObject { ["limits"] = limits, ["requests"] = requests };
    }
}
