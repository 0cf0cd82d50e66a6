using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Federation.Chain.Signing;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness.Machine;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A lease is over, and its tenant gets what its volume holds, as the page says, with the datacenter's word for it.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class ExportTests(MainJobFixture fixture)
{
    private const string Volume = "data-disk-db-0";
    private const string Inbox = "/inbox/disk.tar?signature=secret";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Follows("operator/docs/how-to/export-a-volume.md")]
    public async Task LeaseIsOver_ItsVolumeIsSent_OnceTheUrlIsRight_AndSignedFor()
    {
        await KeepAsync("""{"graceSeconds":0,"retentionSeconds":900}""");
        await using var server = new PutServer(fixture);
        try
        {
            await server.StartAsync();
            await TellAsync(server);
        }
        finally
        {
            await KeepAsync("""{"graceSeconds":0,"retentionSeconds":0}""");
        }
    }

    private async Task TellAsync(PutServer server)
    {
        var lease = await OpenAsync();
        await fixture.AsTenant.RunAsync("patch", "clease", lease.Namespace, "-n", lease.Namespace, "--type=merge", "-p", $$"""{"spec":{"export":{"volumes":["{{Volume}}"],"to":{"secret":"early"} } } }""");
        await lease.WaitForConditionAsync("Exported", "False", ["WorkloadRuns"]);

        await lease.CloseAsync();
        await lease.WaitForConditionAsync("Exported", "False", ["ExportWaits"], "early");
        // The URL is refused at first: its credential is not good yet.
        server.Closed[Inbox] = true;
        await fixture.AsTenant.RunAsync("create", "secret", "generic", "early", "-n", lease.Namespace, $"--from-literal={Volume}={PutServer.UrlOf(Inbox)}");
        await lease.WaitForConditionAsync("Exported", "False", ["ExportFailed"], "HTTP status 403", 2 * Eventually.Seconds);
        Assert.Empty(server.Taken);
        server.Closed.Clear();
        using var home = new TenantHome(fixture, (LocalSigner)fixture.Chain.Tenant.Signer);
        await home.Reader(("LEASE", lease.Demo.Id.Hex), ("URL", PutServer.UrlOf(Inbox))).FollowAsync(Pages.Read("how-to", "export-a-volume.md"));
        await lease.WaitForConditionAsync("Exported", "True", ["Exported"], Volume);

        await AssertHoldsAsync(server.Taken[Inbox]);
        await AssertSignedAsync(lease, server.Taken[Inbox]);
        await Eventually.HoldsAsync("no pod that sends", async () => await fixture.Admin.RunAsync("get", "jobs,pods", "-n", lease.Namespace, "-o", "name") is { Length: > 0 } left ? left : null);
        Assert.DoesNotContain("signature=secret", await fixture.Admin.RunAsync("get", "clease,events", "-n", lease.Namespace, "-o", "json"), StringComparison.Ordinal);
        Assert.DoesNotContain("signature=secret", fixture.OperatorLog, StringComparison.Ordinal);
    }

    private async Task<TenantLease> OpenAsync()
    {
        var story = FederationStage.Story("exported", Workloads.Service(name: "db", more: """
            , "command":["/bin/sh","-c","umask 077; echo forty-two > /data/said; exec /bin/burn 3600 100"], "volumes":[{"name":"disk","size":"64Mi","mountPath":"/data"}]
            """)) with { VolumesMiB = 64 };
        var lease = await fixture.MatchAsync(await fixture.AskAsync(story));
        await fixture.ProvideVolumeAsync(lease, Volume, story.VolumesMiB);
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        return lease;
    }

    private static async Task AssertHoldsAsync(byte[] tar)
    {
        await using var reader = new TarReader(new MemoryStream(tar));
        while (await reader.GetNextEntryAsync(copyData: true, Cancellation) is { } entry)
            if (entry.Name == "./said")
            {
                using var text = new StreamReader(entry.DataStream!);
                Assert.Equal("forty-two\n", await text.ReadToEndAsync(Cancellation));
                return;
            }

        Assert.Fail("the file is not in what was sent");
    }

    private async Task AssertSignedAsync(TenantLease lease, byte[] tar)
    {
        var status = Assert.Single((await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("exports").EnumerateArray());
        string Text(string name) => status.GetProperty(name).GetString()!;
        var export = new VolumeExport(Text("volume"), Text("secret"), status.GetProperty("exportedAt").GetInt64())
        {
            Sent = new SentBytes(Text("digest"), ulong.Parse(Text("size"), System.Globalization.CultureInfo.InvariantCulture)),
            Signature = Text("signature"),
        };
        Assert.Equal(new SentBytes("0x" + Convert.ToHexStringLower(SHA256.HashData(tar)), (ulong)tar.Length), export.Sent);
        var (domain, key) = (new LeaseDomain((ulong)fixture.Federation.ChainId, fixture.Chain.Contracts.LeaseManager), fixture.Chain.Operators[fixture.Site.Name]);
        Assert.True(ExportSigner.IsSignedBy(domain, lease.Demo.Id, export, key));
        // As a tenant without our code checks it.
        var typed = ExportSigner.Typed(domain, lease.Demo.Id, export.Volume, export.Sent!, export.EndedAt).ToJson();
        await Command.RunAsync(Path.Combine(fixture.Federation.ToolsFolder, "cast"), ["wallet", "verify", "--address", key.ToString(), "--data", typed, export.Signature], Cancellation);
    }

    private Task<string> KeepAsync(string keep) =>
        fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", $$"""{"spec":{"keep":{{keep}} } }""");
}
