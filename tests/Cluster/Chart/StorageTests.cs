using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Chart;

/// <summary>What would leave the evidence claim Pending for ever is said before anything is made: helm's own words are that its time is over.</summary>
public sealed class StorageTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("fast", "files.example.org", false, "", "evidence.storageClass is empty, and no StorageClass is the cluster's default (this cluster has fast)")]
    [InlineData(null, "", false, "", "no StorageClass is the cluster's default (this cluster has none)")]
    [InlineData("fast", "files.example.org", true, "evidence.storageClass=slow", "evidence.storageClass: there is no StorageClass slow (this cluster has fast)")]
    [InlineData("gp3", "ebs.csi.aws.com", true, "", "StorageClass gp3 (ebs.csi.aws.com) attaches disks to one node, and evidence.accessMode is ReadWriteMany")]
    [InlineData("local", "kubernetes.io/no-provisioner", false, "evidence.storageClass=local", "StorageClass local makes no volumes, and none waits for the claim federation-evidence")]
    public async Task ClaimThatNothingFills_IsRefused_AndSaysWhatToDo(string? name, string provisioner, bool isDefault, string set, string expected)
    {
        await fixture.ClassAsync(name, provisioner, isDefault);
        var refused = (await InstallAsync(set)).Errors;
        Assert.Contains(expected, refused, StringComparison.Ordinal);
        Assert.Contains("Or name a claim of yours in evidence.existingClaim", refused, StringComparison.Ordinal);
        // The very same is no fault where evidence is not kept.
        Assert.DoesNotContain("- evidence.", (await InstallAsync("evidence.enabled=false")).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files", "files.example.org", true, "")]
    [InlineData("files", "files.example.org", false, "evidence.storageClass=files")]
    // It may be told of a folder that all nodes share.
    [InlineData("local-path", "rancher.io/local-path", true, "")]
    [InlineData("gp3", "ebs.csi.aws.com", true, "replicas=1,evidence.accessMode=ReadWriteOnce")]
    public async Task ClassThatMayFillIt_IsNoFault(string name, string provisioner, bool isDefault, string set)
    {
        await fixture.ClassAsync(name, provisioner, isDefault);
        await AssertOnlySecretsLackAsync(set);
    }

    // As administrators make one by hand: for this claim, or for any that asks for its class, which needs no object of that name.
    [Theory]
    [InlineData("", true, "")]
    [InlineData("", false, "")]
    [InlineData("by-hand", false, "evidence.storageClass=by-hand")]
    public async Task VolumeThatWaitsForIt_IsEnough(string className, bool isReserved, string set)
    {
        await fixture.ClassAsync(null);
        var volume = Volume(className, isReserved);
        await Volumes.CreateAsync(volume);
        try
        {
            await AssertOnlySecretsLackAsync(set);
            // One that is for anybody of another class is none for this claim.
            if (!isReserved) Assert.Contains("- evidence.storageClass: there is no StorageClass other", (await InstallAsync("evidence.storageClass=other")).Errors, StringComparison.Ordinal);
        }
        finally
        {
            await RemoveVolumeAsync();
        }
    }

    // A claim of that name has been there and was deleted: its volume is given to no other.
    [Theory]
    [InlineData("Released", true)]
    [InlineData("Failed", true)]
    [InlineData("Available", false)]
    public async Task VolumeOfAClaimThatIsGone_IsNotEnough(string phase, bool isRefused)
    {
        await fixture.ClassAsync(null);
        await Volumes.CreateAsync(Volume("", isReserved: true));
        try
        {
            await Volumes.PatchAsync("evidence", null, V1Patch.Merge(new JsonObject { ["status"] = Json.Map(("phase", phase)) }), new() { Subresource = "status" });
            Assert.Equal(isRefused, (await InstallAsync("")).Errors.Contains("no StorageClass is the cluster's default (this cluster has none)", StringComparison.Ordinal));
        }
        finally
        {
            await RemoveVolumeAsync();
        }
    }

    private ResourceClient<JsonObject> Volumes => fixture.Admin.Resource(new ResourceKind("", "v1", "persistentvolumes", "PersistentVolume", false));

    private static JsonObject Volume(string className, bool isReserved)
    {
        var volume = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "evidence" },
            ["spec"] = new JsonObject
            {
                ["capacity"] = Json.Map(("storage", "10Gi")), ["accessModes"] = Json.Texts(["ReadWriteMany"]), ["storageClassName"] = className, ["hostPath"] = Json.Map(("path", "/srv/evidence")),
            },
        };
        if (isReserved) volume["spec"]!["claimRef"] = Json.Map(("kind", "PersistentVolumeClaim"), ("namespace", Tool.Space), ("name", "federation-evidence"));
        return volume;
    }

    // No controller is here to let go of it.
    private async Task RemoveVolumeAsync()
    {
        await Volumes.PatchAsync("evidence", null, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }));
        await Volumes.DeleteAsync("evidence");
    }

    private async Task AssertOnlySecretsLackAsync(string set)
    {
        var said = (await InstallAsync(set)).Errors;
        Assert.DoesNotContain("- evidence.", said, StringComparison.Ordinal);
        Assert.Contains("- key.existingSecret: there is no Secret", said, StringComparison.Ordinal);
    }

    private Task<Outcome> InstallAsync(string set) => Tool.HelmAsync(
        "install", "federation", Tool.Chart, "--values", Tool.Values("minimal"), "--set", set, "--dry-run=server", "--namespace", Tool.Space, "--kubeconfig", fixture.Server.KubeConfigPath);
}
