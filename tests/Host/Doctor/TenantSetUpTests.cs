using System.Diagnostics;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Host.Tenancy;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Doctor;

/// <summary>A tenant's doctor on real parts with one thing wrong: it names that thing and what mends it.</summary>
public sealed class TenantSetUpTests(TenantDoctorWorld world) : IClassFixture<TenantDoctorWorld>
{
    private const string Nowhere = "http://127.0.0.1:1/";
    private const string Account = "0x000000000000000000000000000000000000dEaD";
    private const string Deployment = "and the code hashes, with the deployment's file";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What is set wrong, and the beginning and the end of what is said of it.</summary>
    public static TheoryData<string, string, string> Settings => new()
    {
        { "chain id", "FAIL  chain: 127.0.0.1:PORT is on chain 31337, and Chain:ChainId is 1:", "give a node of that chain, or the id of this one" },
        { "node away", "FAIL  chain: 127.0.0.1:1 does not answer", "see that the node runs and that pods reach it" },
        { "contract of another set", "FAIL  contracts:", Deployment },
        { "apps of nobody", "FAIL  contracts: The market at ", Deployment },
        { "code hash", "FAIL  contracts:", Deployment },
        { "no ether", "FAIL  signer: 0x", "and a large transaction costs up to ETHER: send ether to it" },
        { "signer away", "FAIL  signer:", "" },
        { "token of nobody", "FAIL  tokens: the Vault", "set Tenant:Token to the one in the deployment's file" },
        { "no tokens", "FAIL  tokens: 0x", "in the Vault or out of it: send it some, or nothing can be bought" },
        { "other namespace", "FAIL  rights: it may not list computerequests.compute.federation in other:", "bind the chart's Role federation-requests to the user that the operator is, or add that rule" },
        { "all namespaces", "FAIL  rights: it may not list computerequests.compute.federation:", "bind the chart's ClusterRole federation-requests to the user that the operator is, or add that rule" },
        { "authority", "FAIL  gateways: https://localhost:", "add the authority that signed it to the ConfigMap of tenant.authorities (Tenant:Gateways:AuthorityFile)" },
    };

    /// <summary>What the registry or the gateway says that is wrong.</summary>
    public static TheoryData<string, string, string> Market => new()
    {
        { "https://localhost:1", "FAIL  gateways: https://localhost:1 of 0x", "see that this cluster resolves its name and lets pods out to it" },
        { "https://gateway.invalid", "FAIL  gateways: https://gateway.invalid of 0x", "see that this cluster resolves its name and lets pods out to it" },
        { "http://localhost", "FAIL  gateways: http://localhost of 0x", "is no https address, and is never asked: its administrator mends it in the registry" },
        { "other chain", "FAIL  gateways: https://localhost:", "where they are right, it is its administrator's to mend" },
        { "closed", "FAIL  gateways: of ", "compare Chain:Registry with the deployment's file, or wait for one" },
    };

    [Fact]
    public async Task NothingIsWrong_WhereNothingIs()
    {
        var (code, lines) = await TenantDoctorWorld.LookAsync(world.Options());
        Assert.True(code == 0, string.Join('\n', lines));
        string[] good =
        [
            "ok    kubernetes: v1.", "ok    rights: the operator may do all ", "note  requests: there are none in namespace shop yet: helm get notes prints one to apply", "ok    chain: ", "ok    contracts: ", "ok    clock: ",
            $"ok    signer: {world.Market.Tenant.Address} signs", "ok    tokens: ", "ok    gateways: 1 of 1 that take leases answer, on this chain and with these contracts", "Nothing is wrong.",
        ];
        foreach (var line in good) Assert.Single(lines, l => l.StartsWith(line, StringComparison.Ordinal));
        Assert.Equal(good.Length, lines.Length);
    }

    // As helm test and kubectl compute doctor run it.
    [Fact]
    public async Task Program_SaysTheSame()
    {
        using var well = OperatorProcess.Start(world.Environment(), "doctor", "tenant");
        Assert.Equal(0, await well.EndAsync(Cancellation));
        Assert.StartsWith("ok    settings: all are read, and none is wrong\nok    kubernetes: ", well.Output, StringComparison.Ordinal);
        Assert.EndsWith("\nNothing is wrong.", well.Output, StringComparison.Ordinal);

        using var unset = OperatorProcess.Start(new Dictionary<string, string> { ["Tenant:Wach"] = "shop" }, "doctor", "tenant");
        Assert.Equal(2, await unset.EndAsync(Cancellation));
        foreach (var fault in new[] { "FAIL  settings: Tenant:Watch is missing", "FAIL  settings: Tenant:Chain:RpcUrl", "FAIL  settings: Tenant:Wach" }) Assert.Contains(fault, unset.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task WrongSetting_IsNamed_WithItsFix(string wrong, string found, string fix)
    {
        var options = world.Options();
        var chain = options.Chain;
        switch (wrong)
        {
            case "chain id": chain.ChainId = 1; break;
            case "node away": chain.FallbackRpcUrls = [new Uri(Nowhere)]; break;
            case "contract of another set": (chain.Vault, chain.Registry) = (chain.Registry, chain.Vault); break;
            case "apps of nobody": chain.Apps = Account; break;
            case "code hash": chain.MarketCodeHash = "0x" + new string('1', 64); break;
            case "no ether": chain.KeystoreFile = world.WriteKey(Ethereum.Signing.LocalSigner.Generate(), "poor.json"); break;
            case "signer away": (chain.KeystoreFile, chain.RemoteSignerUrl, chain.RemoteSignerAddress) = ("", new Uri(Nowhere), Account); break;
            case "token of nobody": options.Token = Account; break;
            case "no tokens": chain.KeystoreFile = world.WriteKey(await world.WalletAsync(0), "none.json"); break;
            case "other namespace": options.Watch = "other"; break;
            case "all namespaces": options.Watch = "*"; break;
            default: options.Gateways.AuthorityFile = ""; break;
        }

        var line = Failed(await TenantDoctorWorld.LookAsync(options), found.Replace("PORT", $"{world.Market.Anvil.Url.Port}", StringComparison.Ordinal));
        foreach (var part in fix.Split("ETHER")) Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.EndsWith(fix.Split("ETHER")[^1], line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Market))]
    public async Task WhoSells_CannotBeAsked_AndIsNamed(string wrong, string found, string fix)
    {
        try
        {
            if (wrong == "other chain") world.Gateway.ChainId = 1;
            else if (wrong == "closed") await world.Registration.SetActiveAsync(false, Cancellation);
            else await world.EndpointAsync(wrong);
            Assert.EndsWith(fix, Failed(await TenantDoctorWorld.LookAsync(world.Options()), found), StringComparison.Ordinal);
        }
        finally
        {
            world.Gateway.ChainId = Chain.Tests.Support.Market.ChainId;
            await world.EndpointAsync($"{world.Gateway.Endpoint}");
            await world.Registration.SetActiveAsync(true, Cancellation);
        }
    }

    // Others are asked then: who is away is told, and nothing is wrong here.
    [Fact]
    public async Task OneOfTwoGateways_IsANote()
    {
        var other = world.Market.Deployer.Writer;
        var registration = new DatacenterRegistration(other, world.Market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(other.Address, other.Address, 0, "https://localhost:1", "eu-north"), Cancellation);
        try
        {
            var (code, lines) = await TenantDoctorWorld.LookAsync(world.Options());
            Assert.True(code == 0, string.Join('\n', lines));
            Assert.Contains("ok    gateways: 1 of 2 that take leases answer, on this chain and with these contracts", lines);
            Assert.Single(lines, l => l.StartsWith($"note  gateways: https://localhost:1 of {other.Address} does not answer", StringComparison.Ordinal));
        }
        finally
        {
            await registration.SetActiveAsync(false, Cancellation);
        }
    }

    [Fact]
    public async Task TokensThatTheVaultMayNotPull_AreNamed_AndTheCommandThatIsSaidMendsIt()
    {
        var (options, wallet) = (world.Options(), await world.WalletAsync(1_000));
        options.Chain.KeystoreFile = world.WriteKey(wallet, "unapproved.json");
        var line = Failed(await TenantDoctorWorld.LookAsync(options), $"FAIL  tokens: {wallet.Address} has 1000 smallest units of {world.Market.Token}, and the Vault may pull none: ");

        // As it stands there.
        var command = line[line.IndexOf("cast send", StringComparison.Ordinal)..line.IndexOf(", with the wallet's key", StringComparison.Ordinal)].Replace("AMOUNT", "600", StringComparison.Ordinal);
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{command} --rpc-url {world.Market.Anvil.Url} --keystore '{options.Chain.KeystoreFile}' --password-file '{options.Chain.KeystorePasswordFile}'"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = Path.GetDirectoryName(Repository.Tool("cast")) + ":" + start.Environment["PATH"];
        using var cast = Process.Start(start)!;
        var (_, errors) = (await cast.StandardOutput.ReadToEndAsync(Cancellation), await cast.StandardError.ReadToEndAsync(Cancellation));
        await cast.WaitForExitAsync(Cancellation);
        Assert.True(cast.ExitCode == 0, errors);
        var (code, lines) = await TenantDoctorWorld.LookAsync(options);
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Single(lines, l => l.StartsWith($"ok    tokens: 600 smallest units of {world.Market.Token} can go into escrow: 0 in the Vault, and of 1000 in the wallet {wallet.Address} the Vault may pull 600", StringComparison.Ordinal));
    }

    // Who has been given nothing is not let in; who was given less is told what lacks, and where it stands.
    [Fact]
    public async Task RightThatLacks_IsNamed_WithTheRoleThatGivesIt()
    {
        await Kubectl.RunAsync(world.Server, "delete", "rolebinding", "federation-requests", "--namespace", TenantDoctorWorld.Watch);
        try
        {
            await SaysAsync(l => l.StartsWith("FAIL  rights: it may not patch computerequests/status.compute.federation in shop: bind the chart's Role federation-requests", StringComparison.Ordinal));
            // What its own Role gives it still has.
            Assert.DoesNotContain((await TenantDoctorWorld.LookAsync(world.Options())).Lines, l => l.Contains("federation-buyer to the user", StringComparison.Ordinal));
        }
        finally
        {
            await world.InstallAsync();
        }

        await SaysAsync(l => l.StartsWith("ok    rights", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_SayWhatTheyWaitFor_AndWhichEndForLackOfMoney()
    {
        await world.RequestAsync("waits", ("Funded", "True", "Funded", "It is."), ("Ready", "False", "NoQuote", "1 of 1 datacenters were asked."));
        await world.RequestAsync("ends", ("Funded", "False", "EscrowLow", "Escrow lasts 60 s at full load. Set spec.escrow.topUp, or top the lease up by hand."), ("Ready", "True", "Serving", "It is."));
        await world.RequestAsync("serves", ("Funded", "True", "Funded", "It is."), ("Ready", "True", "Serving", "It is."));
        await world.RequestAsync("fresh");
        try
        {
            var (code, lines) = await TenantDoctorWorld.LookAsync(world.Options());
            Assert.Equal(1, code);
            Assert.Equal(
                [
                    "ok    requests: 4 are served in namespace shop",
                    "FAIL  requests: shop/ends: Funded=False (EscrowLow): Escrow lasts 60 s at full load. Set spec.escrow.topUp, or top the lease up by hand.",
                    "note  requests: no operator has looked at shop/fresh yet: see in its log why none leads",
                    "note  requests: shop/waits: Ready=False (NoQuote): 1 of 1 datacenters were asked.",
                ],
                lines.Where(l => l[6..].StartsWith("requests: ", StringComparison.Ordinal)));
            Assert.Equal("1 thing is wrong.", lines[^1]);
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "computerequests", "--all", "--namespace", TenantDoctorWorld.Watch);
        }
    }

    [Fact]
    public async Task DefinitionThatIsNotThere_IsNamed()
    {
        await Kubectl.RunAsync(world.Server, "delete", "crd", "computerequests.compute.federation");
        try
        {
            await SaysAsync(l => l == "FAIL  requests: ComputeRequest is not served: install the chart with crds.enabled, or apply its definition");
        }
        finally
        {
            await world.InstallAsync();
            await Kubectl.RunAsync(world.Server, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        }

        await SaysAsync(l => l.StartsWith("note  requests: there are none in namespace shop yet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ClockThatIsBehind_IsNamed()
    {
        await using var anvil = await Federation.Ethereum.Tests.Tools.Anvil.StartAsync();
        await anvil.SendAsync<object>("evm_increaseTime", 3600);
        await anvil.SendAsync<object>("evm_mine");
        var options = world.Options();
        options.Chain.RpcUrl = anvil.Http;
        Assert.EndsWith("s ahead of this machine: set its clock by NTP", Failed(await TenantDoctorWorld.LookAsync(options), "FAIL  clock: the newest block is"), StringComparison.Ordinal);
    }

    // The server learns of it by a watch of its own.
    private Task SaysAsync(Func<string, bool> line) =>
        Eventually.TrueAsync(async () => (await TenantDoctorWorld.LookAsync(world.Options())).Lines.Any(line), 60, "the doctor sees it");

    private static string Failed((int Code, string[] Lines) looked, string beginning)
    {
        Assert.Equal(1, looked.Code);
        Assert.True(looked.Lines.Count(l => l.StartsWith(beginning, StringComparison.Ordinal)) == 1, string.Join('\n', looked.Lines));
        return looked.Lines.Single(l => l.StartsWith(beginning, StringComparison.Ordinal));
    }
}
