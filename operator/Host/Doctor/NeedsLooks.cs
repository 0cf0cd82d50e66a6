using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>What the Datacenter names and others bring: the class of its volumes, the runtimes of its pods, the name that tenants reach it by.</summary>
internal sealed class NeedsLooks(KubernetesClient client, OperatorOptions options)
{
    // Less than what all looks together have: an administrator whose name service is dead is to be told so.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // Its volumes are made by hand.
    private const string Static = "kubernetes.io/no-provisioner";

    // Names of what was once in Kubernetes itself, and by which driver it is served since.
    private static readonly Dictionary<string, string> Moved = new(StringComparer.Ordinal)
    {
        ["kubernetes.io/aws-ebs"] = "ebs.csi.aws.com", ["kubernetes.io/gce-pd"] = "pd.csi.storage.gke.io", ["kubernetes.io/azure-disk"] = "disk.csi.azure.com", ["kubernetes.io/azure-file"] = "file.csi.azure.com",
        ["kubernetes.io/cinder"] = "cinder.csi.openstack.org", ["kubernetes.io/vsphere-volume"] = "csi.vsphere.vmware.com", ["kubernetes.io/portworx-volume"] = "pxd.portworx.com",
    };

    public IEnumerable<Look> All(string fix) => [new Look("storage", fix, StorageAsync), new Look("runtimes", fix, RuntimesAsync), new Look("endpoint", fix, EndpointAsync)];

    public static async Task<IReadOnlyList<JsonObject>> ListAsync(KubernetesClient client, ResourceKind kind, string? space, CancellationToken cancellation)
    {
        var all = new List<JsonObject>();
        await foreach (var page in client.Resource(kind).ListPagesAsync(space, cancellationToken: cancellation)) all.AddRange(page.Items);
        return all;
    }

    private async Task<IReadOnlyList<Finding>> StorageAsync(CancellationToken cancellation)
    {
        if (await SpecAsync(cancellation) is not { } spec || spec["storageMiB"]?.GetValue<long>() == 0) return [];
        var classes = await ListAsync(client, ResourceKinds.StorageClass, null, cancellation);
        var wanted = (string?)spec["storageClass"];
        var found = VolumeClass.Of(classes, wanted ?? "");
        if (found is not null) return [Finding.Good("storage", $"tenants' volumes are of StorageClass {(string?)found["metadata"]?["name"]} ({(string?)found["provisioner"]})"), .. Retained(found), .. await DriverAsync((string?)found["provisioner"] ?? "", cancellation)];
        var there = classes.Count == 0 ? "there is none in this cluster" : $"there are {string.Join(", ", classes.Select(c => (string?)c["metadata"]?["name"]))}";
        return wanted is not null
            ? [Finding.Bad("storage", $"there is no StorageClass {wanted}, which spec.storageClass names, and tenants' volumes would wait for ever: make it, or name another one ({there})")]
            : [Finding.Note("storage", $"no StorageClass is the default ({there}), and workloads with volumes would wait: name one in spec.storageClass, or set spec.storageMiB to 0 and sell none")];
    }

    // The operator deletes claims, and never the volumes behind them: those are the class's.
    private static Finding[] Retained(JsonObject found) => (string?)found["reclaimPolicy"] != "Retain" ? [] :
        [Finding.Bad("storage", $"StorageClass {(string?)found["metadata"]?["name"]} has reclaimPolicy Retain: what tenants wrote stays on its volumes when their lease is over, and their room is promised again though it is not free. Name in spec.storageClass a class with reclaimPolicy Delete; then wipe and delete the PersistentVolumes that are Released")];

    // A note: what makes volumes may be a program that is no such driver, and which nothing in the cluster tells of.
    private async Task<Finding[]> DriverAsync(string provisioner, CancellationToken cancellation)
    {
        if (provisioner == Static) return [];
        var driver = Moved.GetValueOrDefault(provisioner, provisioner);
        var drivers = (await ListAsync(client, ResourceKinds.CsiDriver, null, cancellation)).Select(d => (string?)d["metadata"]?["name"]);
        var onNodes = (await ListAsync(client, ResourceKinds.CsiNode, null, cancellation)).SelectMany(n => n["spec"]?["drivers"] as JsonArray ?? []).Select(d => (string?)d?["name"]);
        return drivers.Concat(onNodes).Contains(driver, StringComparer.Ordinal)
            ? []
            : [Finding.Note("storage", $"nothing tells that {driver} is there, neither a CSIDriver nor a node's CSINode, and without it volumes would wait for ever: install that driver, or see that the program that makes this class's volumes runs")];
    }

    private async Task<IReadOnlyList<Finding>> RuntimesAsync(CancellationToken cancellation)
    {
        if (await SpecAsync(cancellation) is not { } spec) return [];
        var named = (spec["gpuClasses"] as JsonArray ?? []).OfType<JsonObject>().Select(g => (By: $"spec.gpuClasses {(string?)g["name"]}", Name: (string?)g["runtimeClass"]))
            .Prepend((By: "spec.runtimeClass", Name: (string?)spec["runtimeClass"])).Where(n => n.Name is { Length: > 0 }).ToArray();
        if (named.Length == 0) return [];
        var there = (await ListAsync(client, ResourceKinds.RuntimeClass, null, cancellation)).Select(c => (string?)c["metadata"]?["name"]).ToHashSet();
        var missing = named.Where(n => !there.Contains(n.Name)).ToArray();
        return missing.Length == 0
            ? [Finding.Good("runtimes", $"{string.Join(", ", named.Select(n => n.Name).Distinct())} {(named.Length == 1 ? "is" : "are")} there")]
            : [.. missing.Select(m => Finding.Bad("runtimes", $"there is no RuntimeClass {m.Name}, which {m.By} names, and its pods could not be made: install that runtime on the nodes with its RuntimeClass, or leave it out"))];
    }

    // From inside: the operator itself looks whether it is served there, and tenants of this cluster buy by it.
    private async Task<IReadOnlyList<Finding>> EndpointAsync(CancellationToken cancellation)
    {
        if (await SpecAsync(cancellation) is not { } spec || !Uri.TryCreate((string?)spec["endpoint"], UriKind.Absolute, out var endpoint)) return [];
        var host = endpoint.IdnHost;
        var findings = new List<Finding>();
        if (options.ListensTls && CertificateFiles.Read(options.Tls, TimeProvider.System.GetUtcNow()).Context is { } served)
            findings.Add(served.TargetCertificate.MatchesHostname(host)
                ? Finding.Good("endpoint", $"the gateway's certificate is for {host}")
                : Finding.Bad("endpoint", $"the gateway's certificate is not for {host}, and no tenant would trust it: issue one with that name, or write in spec.endpoint the one that it is for"));
        if (!IPAddress.TryParse(host, out _)) findings.Add(await ResolvedAsync(host, cancellation));
        return findings;
    }

    private static async Task<Finding> ResolvedAsync(string host, CancellationToken cancellation)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, cancellation).WaitAsync(Patience, cancellation);
            return Finding.Good("endpoint", $"{host} leads to {string.Join(", ", found.Select(a => a.ToString()))} as seen from here");
        }
        catch (Exception error) when (error is SocketException or TimeoutException)
        {
            return Finding.Bad("endpoint", $"{host} of spec.endpoint has no address as seen from here ({error.Message}): make its record, or mend the cluster's name service");
        }
    }

    private async Task<JsonObject?> SpecAsync(CancellationToken cancellation) =>
        (await client.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).GetAsync(options.Datacenter, cancellationToken: cancellation))?["spec"] as JsonObject;
}
