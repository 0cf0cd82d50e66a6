using Federation.Chain;
using Federation.Ethereum;
using Federation.Harness.Demo;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>How an operator starts when something is wrong: what waiting can mend it waits for and says so; for the rest it ends with a clear message.</summary>
[Collection(MainJobCollection.Name)]
public sealed class StartConditionTests(MainJobFixture fixture)
{
    [Fact]
    public async Task WrongChainId_EndsAndNamesBoth()
    {
        var ended = await RunAsync(new() { ["Federation__Chain__ChainId"] = "1" });
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"{fixture.Federation.ChainId}", ended.Output, StringComparison.Ordinal);
        Assert.Contains("The operator stops", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddressWithoutCode_EndsAndNamesIt()
    {
        var nobody = Address.Parse("0x00000000000000000000000000000000000000f1");
        var file = Path.Combine(fixture.Federation.StateFolder, "nobody.json");
        (fixture.Chain.Contracts with { LeaseManager = nobody }).Save(file);
        var ended = await RunAsync(new() { ["Federation__Chain__DeploymentFile"] = file });
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(nobody.ToString(), ended.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("There is no contract", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongPassword_EndsWithoutShowingKeyOrPassword()
    {
        var file = Path.Combine(fixture.Federation.StateFolder, "wrong-password");
        await File.WriteAllTextAsync(file, "not-the-password-of-this-key", TestContext.Current.CancellationToken);
        var ended = await RunAsync(new() { ["Federation__Chain__KeystorePasswordFile"] = file });
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("password", ended.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("not-the-password-of-this-key", ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Output + ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingOptions_EachIsNamed()
    {
        var ended = await RunAsync([], complete: false);
        Assert.Equal(2, ended.ExitCode);
        foreach (var name in new[] { "Federation:Datacenter", "Prometheus:Url", "Chain:RpcUrl", "Chain:ChainId", "Chain:LeaseManager", "Chain:Vault", "Chain:Registry", "Chain:Provider", "KeystoreFile" })
            Assert.Contains(name, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChainDownAtStart_OperatorSaysSo_KeepsWhatRuns_ThenWorks()
    {
        var lease = await fixture.OpenAsync("remembered", Workloads.Burner);
        var made = await UidAsync();
        await StartWithoutAsync("anvil", "leases that run go on by what it last said", async () =>
        {
            await fixture.Admin.RunAsync("delete", "deployment", "work", "-n", lease.Namespace, "--wait=false");
            await Eventually.HoldsAsync("the workload is made again", async () => await UidAsync() is { Length: > 0 } now && now != made ? null : "it is not");
        });
        await lease.WaitForNextSettlementAsync();
        await lease.CloseAsync();

        Task<string> UidAsync() => fixture.Admin.RunAsync("get", "deployments", "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.uid}");
    }

    [Fact]
    public async Task ApiServerDownAtStart_OperatorWaitsAndSaysSo_ThenWorks()
    {
        await StartWithoutAsync(fixture.PartOf("kube-apiserver"), "Waiting for the API server");
        await (await fixture.SurvivorAsync()).WaitForNextSettlementAsync();
    }

    private async Task StartWithoutAsync(string part, string says, Func<Task>? meanwhile = null)
    {
        await fixture.Faults.StopAsync(fixture.Site.OperatorPart);
        // Asked to end, an API server first waits for its watches.
        await (part == "anvil" ? fixture.Faults.StopAsync(part) : fixture.Faults.KillAsync(part));
        try
        {
            var before = fixture.OperatorLog.Length;
            await fixture.Faults.StartAsync(fixture.Site.OperatorPart);
            await Eventually.HoldsAsync($"'{says}' in the log", () => Task.FromResult(fixture.OperatorLog[before..] is var log && log.Contains(says, StringComparison.Ordinal) ? null : log));
            if (meanwhile is not null) await meanwhile();
        }
        finally
        {
            await fixture.Faults.StartAsync(part);
        }

        await fixture.Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("the API server", async () => (await fixture.Admin.TryAsync("get", "nodes")) is { ExitCode: not 0 } failed ? failed.Error : null);
    }

    private async Task<Command.Result> RunAsync(Dictionary<string, string> changes, bool complete = true)
    {
        var settings = complete ? fixture.Site.Environment(fixture.Chain) : [];
        settings["Federation__Listen"] = complete ? "https://127.0.0.1:0" : "http://127.0.0.1:0";
        foreach (var (name, value) in changes) settings[name] = value;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        return await Command.TryAsync("env", [.. settings.Select(s => $"{s.Key}={s.Value}"), DemoDatacenter.OperatorProgram], limit.Token);
    }
}
