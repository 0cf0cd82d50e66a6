using System.Text.Json.Nodes;
using Federation.Cluster.Mapping;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Metrics.Evidence;

namespace Federation.Host.Doctor;

/// <summary>The evidence's volume: whether its claim is filled, and, where it is mounted here, whether it can be written to.</summary>
/// <param name="claim">Name of the claim; empty where nothing says it.</param>
internal sealed class EvidenceLook(KubernetesClient client, OperatorOptions options, string claim)
{
    public const string Name = "evidence";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (claim.Length > 0) findings.Add(await ClaimAsync(cancellation));
        if (options.Evidence.Folder.Length > 0) findings.Add(Folder(options.Evidence.Folder));
        return findings.Count > 0 ? findings : [Finding.Note(Name, "nothing says where it is kept: without it a disputed receipt cannot be proved")];
    }

    /// <summary>Whether something can be written there: it is tried.</summary>
    public static Finding Folder(string folder)
    {
        if (folder.Length == 0) return Finding.Bad(Name, "Federation:Evidence:Folder is missing: the folder that the volume is mounted at");
        return new EvidenceOptions { Folder = folder }.Faults().FirstOrDefault() is { } fault ? Finding.Bad(Name, fault.TrimEnd('.')) : Finding.Good(Name, $"{folder} can be written to");
    }

    private async Task<Finding> ClaimAsync(CancellationToken cancellation)
    {
        var claims = await NeedsLooks.ListAsync(client, ResourceKinds.PersistentVolumeClaim, options.Namespace, cancellation);
        if (claims.FirstOrDefault(c => NameOf(c) == claim) is not { } seen)
            return Finding.Bad(Name, $"there is no PersistentVolumeClaim {claim} in {options.Namespace}: helm upgrade makes the chart's again; one of yours is named by evidence.existingClaim");
        var (phase, modes) = ((string?)seen["status"]?["phase"] ?? "Pending", string.Join(", ", (seen["spec"]?["accessModes"] as JsonArray ?? []).Select(m => (string?)m)));
        return phase switch
        {
            "Bound" => Finding.Good(Name, $"claim {claim} is bound ({modes})"),
            "Lost" => Finding.Bad(Name, $"claim {claim} has lost its volume {(string?)seen["spec"]?["volumeName"]}: bring that PersistentVolume back; what was measured is on it"),
            _ => Finding.Bad(Name, $"claim {claim} ({modes}) is {phase}, and no pod starts without it: {await WhyAsync(seen, cancellation)}; see kubectl -n {options.Namespace} describe pvc {claim}"),
        };
    }

    private async Task<string> WhyAsync(JsonObject seen, CancellationToken cancellation)
    {
        var classes = await NeedsLooks.ListAsync(client, ResourceKinds.StorageClass, null, cancellation);
        var wanted = (string?)seen["spec"]?["storageClassName"] ?? "";
        if (wanted.Length == 0) return $"it has no StorageClass{(VolumeClass.Of(classes, "") is not null ? ", as none was the default when it was made" : ", and none is the cluster's default")}: delete the claim, set evidence.storageClass, and upgrade";
        return classes.FirstOrDefault(c => NameOf(c) == wanted) is { } found
            ? $"StorageClass {wanted} ({(string?)found["provisioner"]}) has made no volume. Where it attaches disks to one node it never makes a ReadWriteMany one: set replicas: 1 and evidence.accessMode: ReadWriteOnce, or a class of a shared file system, and delete the claim before you upgrade"
            : $"there is no StorageClass {wanted}: make it, or set evidence.storageClass, and delete the claim before you upgrade";
    }

    private static string NameOf(JsonObject one) => (string)one["metadata"]!["name"]!;
}
