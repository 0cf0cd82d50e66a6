using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Tests;

/// <summary>A tenant at a datacenter that lies, moves, or breaks its words: the real contracts, a played gateway, a kubectl that writes down what it is asked.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class AccessTests(AccessTests.Stage stage) : IClassFixture<AccessTests.Stage>, IAsyncLifetime
{
    private const string Orders = "\u001b[2Jno\u202e";

    private readonly Shell shell = new();

    private PlayedGateway gateway = null!;

    private string Lease => stage.Lease.Id.Hex;

    private string Provider => stage.Market.Provider.Writer.Address.ToString();

    private string Kubeconfig => shell.PathOf(".kube/config");

    public async ValueTask InitializeAsync()
    {
        gateway = await PlayedGateway.StartAsync();
        await stage.MoveAsync(gateway.Endpoint);
        ChainVerbTests.Settle(shell, stage.Market, 3);
        File.SetUnixFileMode(shell.Write("bin/kubectl", "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$HOME/asked\"\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        shell.Variables["PATH"] = shell.PathOf("bin");
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        shell.Dispose();
    }

    [Theory]
    [InlineData("domain", "other.example", "wants a sign-in for other.example")]
    [InlineData("uri", "http://other.example/v1/login", "wants a sign-in for http://other.example/v1/login")]
    [InlineData("chainId", "1", "is of chain 1, chain.chainId is 31337")]
    [InlineData("nonce", "!", "a nonce that is none: '!'")]
    public async Task Invitation_ToSignForAnotherPlace_IsNotSigned(string member, string value, string said)
    {
        gateway.Invitation = body => body[member] = value;
        var ran = await shell.RunAsync("login", Lease);
        Assert.Equal((ExitCodes.Refused, ""), (ran.Code, ran.Out));
        Assert.Contains("Nothing is signed.", ran.Error, StringComparison.Ordinal);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        Assert.Equal(["/v1/login/nonce"], gateway.Asked);
    }

    [Fact]
    public async Task UriThatOnlyBeginsLikeTheEndpoint_IsNotSigned()
    {
        gateway.Invitation = body => body["uri"] = gateway.Endpoint.AbsoluteUri.TrimEnd('/') + "0.other.example/v1/login";
        Assert.Equal(ExitCodes.Refused, (await shell.RunAsync("login", Lease)).Code);
        Assert.DoesNotContain("/v1/login", gateway.Asked);
    }

    // The nonce is of a leader that is followed by another one meanwhile, and for some seconds by none.
    [Fact]
    public async Task LeaderThatGoesWhileSomebodySignsIn_IsWaitedFor_AndANonceOfItsOwnIsAskedForOnce()
    {
        for (var i = 0; i < 18; i++) gateway.TurnsAway.Enqueue((503, "NotLeading"));
        gateway.TurnsAway.Enqueue((401, "NonceInvalid"));
        var ran = await shell.RunAsync("login", Lease);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal(2, gateway.Asked.Count(path => path == "/v1/login/nonce"));

        for (var i = 0; i < 2; i++) gateway.TurnsAway.Enqueue((401, "NonceInvalid"));
        var refused = await shell.RunAsync("login", Lease);
        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Empty(gateway.TurnsAway);
    }

    // The gateway's key changes where it is installed anew: a credential may be turned away long before its end.
    [Fact]
    public async Task CredentialThatIsNotKnownAnyMore_IsNotHandedOutForItsHour()
    {
        Assert.Equal(0, (await shell.RunAsync("login", Lease)).Code);
        var kept = Assert.Single(Directory.EnumerateFiles(shell.PathOf(".cache/federation/credentials")));
        gateway.KnowsItsCredentials = false;
        Assert.Equal(0, (await shell.RunAsync("credential", "--provider", Provider)).Code);
        Assert.Equal(1, gateway.Asked.Count(path => path == "/v1/login"));

        // kubectl asks at each call: it is looked at once a minute, and kept where all is well.
        foreach (var (knows, signIns) in new[] { (true, 1), (false, 2) })
        {
            var body = JsonNode.Parse(await File.ReadAllTextAsync(kept))!;
            body["Seen"] = "2026-01-01T00:00:00Z";
            await File.WriteAllTextAsync(kept, body.ToJsonString());
            gateway.KnowsItsCredentials = knows;
            var looked = gateway.Asked.Count(path => path == "/cluster/version");
            for (var i = 0; i < 2; i++) Assert.Equal(0, (await shell.RunAsync("credential", "--provider", Provider)).Code);
            Assert.Equal((signIns, looked + 1), (gateway.Asked.Count(path => path == "/v1/login"), gateway.Asked.Count(path => path == "/cluster/version")));
        }
    }

    [Fact]
    public async Task ServerElsewhere_GetsNoCredential()
    {
        gateway.Grant = body => body["server"] = "http://other.example/cluster";
        var ran = await shell.RunAsync("login", Lease);
        Assert.Equal(ExitCodes.Refused, ran.Code);
        Assert.Contains("names http://other.example/cluster as its cluster", ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Kubeconfig));
        Assert.False(Directory.Exists(shell.PathOf(".cache/federation/credentials")));
    }

    [Fact]
    public async Task DatacenterThatMoved_HasItsContextWrittenAnew_BeforeKubectlSendsACredential()
    {
        Assert.Equal(0, (await shell.RunAsync("login", Lease)).Code);
        Assert.Equal(new Uri(gateway.Server), KubeConfig.Load(Kubeconfig).Server);
        await using var elsewhere = await PlayedGateway.StartAsync();
        await stage.MoveAsync(elsewhere.Endpoint);
        var ran = await shell.RunAsync("logs", Lease);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal(new Uri(elsewhere.Server), KubeConfig.Load(Kubeconfig).Server);
        Assert.Contains("logs", KubectlWasAsked());
        // What is right is left as it is.
        var written = File.GetLastWriteTimeUtc(Kubeconfig);
        Assert.Equal(0, (await shell.RunAsync("logs", Lease)).Code);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Kubeconfig));
        Assert.Single(elsewhere.Asked, "/v1/login");
    }

    [Fact]
    public async Task Credential_ForAContextThatSendsItElsewhere_IsNotGiven()
    {
        shell.Variables["KUBERNETES_EXEC_INFO"] = InfoOf("http://old.example/cluster");
        var ran = await shell.RunAsync("credential", "--provider", Provider);
        Assert.Equal((ExitCodes.Refused, ""), (ran.Code, ran.Out));
        Assert.Contains("http://old.example/cluster", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"login --provider {Provider}", ran.Error, StringComparison.Ordinal);
        shell.Variables["KUBERNETES_EXEC_INFO"] = """{"kind":"ExecCredential","spec":{"interactive":false}}""";
        ran = await shell.RunAsync("credential", "--provider", Provider);
        Assert.Equal((ExitCodes.Refused, ""), (ran.Code, ran.Out));
        shell.Variables["KUBERNETES_EXEC_INFO"] = InfoOf(gateway.Server);
        var given = await shell.RunAsync("credential", "--provider", Provider);
        Assert.True(given.Code == 0, given.ToString());
        Assert.Equal(PlayedGateway.Token, (string?)JsonNode.Parse(given.Out)!["status"]!["token"]);
    }

    [Fact]
    public async Task Context_IsOfItsChain_AndSomebodyElsesIsNotUsed()
    {
        Assert.StartsWith($"federation-{Market.ChainId}-{Provider[2..10].ToLowerInvariant()}-", (await shell.RunAsync("login", Lease)).Out, StringComparison.Ordinal);
        var mine = shell.Write("other", "apiVersion: v1\nkind: Config\nclusters:\n- {name: work, cluster: {server: \"https://work.example\"}}\nusers:\n- {name: work, user: {token: abc}}\ncontexts:\n- {name: work, context: {cluster: work, user: work}}\n");
        var ran = await shell.RunAsync("logs", Lease, "--kubeconfig", mine, "--context", "work");
        Assert.Equal(ExitCodes.Refused, ran.Code);
        Assert.Contains("not of this program", ran.Error, StringComparison.Ordinal);
        Assert.Empty(KubectlWasAsked());
    }

    [Fact]
    public async Task WordsOfAGateway_AreNoOrdersToATerminal_AndNoLinesOfThisProgram()
    {
        gateway.Refusal = $"{Orders}\nerror: All is well.";
        var refused = await shell.RunAsync("login", Lease);
        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Single(refused.Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));
        Assert.DoesNotContain(refused.Error, c => c != '\n' && char.IsControl(c));
        gateway.Refusal = null;
        gateway.Invitation = body => body["domain"] = $"{Orders}\nerror: All is well.";
        var odd = await shell.RunAsync("login", Lease);
        Assert.Single(odd.Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));
        Assert.DoesNotContain(odd.Error, c => c == '\u202e' || (c != '\n' && char.IsControl(c)));
    }

    [Theory]
    [InlineData("--kubeconfig=/tmp/theirs")]
    [InlineData("other-namespace/pod")]
    [InlineData("web-1\nx")]
    [InlineData("")]
    public async Task PodNamedAsNoneIs_DoesNotReachKubectl(string name)
    {
        gateway.Pods = [name];
        foreach (var command in new[] { new[] { "shell", Lease }, ["cp", Lease, ":/data/out", "./out"] })
        {
            var ran = await shell.RunAsync(command);
            Assert.Equal(ExitCodes.Refused, ran.Code);
            Assert.Contains("no name of one", ran.Error, StringComparison.Ordinal);
        }

        Assert.Empty(KubectlWasAsked());
    }

    [Fact]
    public async Task Kubectl_IsAskedForThePodOfTheLease_WithWhatStandsBehind()
    {
        gateway.Pods = ["web-2", "web-1"];
        Assert.Equal(0, (await shell.RunAsync("shell", Lease)).Code);
        Assert.Equal([.. At(), "exec", "-i", "web-1", "--", "/bin/sh"], KubectlWasAsked());
        Assert.Equal(0, (await shell.RunAsync("shell", Lease, "--", "ls", "-l")).Code);
        Assert.Equal([.. At(), "exec", "-i", "web-1", "--", "ls", "-l"], KubectlWasAsked());
        Assert.Equal(0, (await shell.RunAsync("cp", Lease, ":/data/out", "./out")).Code);
        Assert.Equal([.. At(), "cp", "web-1:/data/out", "./out"], KubectlWasAsked());
        Assert.Equal(0, (await shell.RunAsync("cp", Lease, "./in", ":/data/in")).Code);
        Assert.Equal([.. At(), "cp", "./in", "web-1:/data/in"], KubectlWasAsked());
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("cp", Lease, ":/a", ":/b")).Code);
        Assert.Empty(KubectlWasAsked());
    }

    [Fact]
    public async Task WalletThatOthersCanRead_IsWarnedOf()
    {
        var quiet = await shell.RunAsync("login", Lease);
        Assert.DoesNotContain("warning:", quiet.Error, StringComparison.Ordinal);
        File.SetUnixFileMode(shell.PathOf("password"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var ran = await shell.RunAsync("login", Lease, "-q");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal($"warning: Others can read {shell.PathOf("password")}, and so perhaps the wallet's key: chmod 600 {shell.PathOf("password")}\n", ran.Error);
    }

    [Fact]
    public async Task RemoteSigner_ThatIsAwayOrRefuses_IsTheWallets()
    {
        // A node of the chain signs for the accounts that it holds: not for this one.
        foreach (var signer in new[] { new Uri("http://127.0.0.1:1"), stage.Market.Anvil.Url })
        {
            ChainVerbTests.Settle(shell, stage.Market, 3, $"{{remoteSignerUrl: \"{signer}\", remoteSignerAddress: \"0x00000000000000000000000000000000000000aa\"}}");
            var ran = await shell.RunAsync("login", "--provider", Provider);
            Assert.Equal(ExitCodes.WalletUnusable, ran.Code);
            Assert.Contains($"The remote signer at {signer.Authority} does not ", ran.Error, StringComparison.Ordinal);
        }

        ChainVerbTests.Settle(shell, stage.Market, 3, $"{{remoteSignerUrl: \"http://127.0.0.1:1\", remoteSignerAddress: \"{stage.Market.Tenant.Address}\"}}");
        var sent = await shell.RunAsync("close", Lease, "--yes");
        Assert.Equal(ExitCodes.WalletUnusable, sent.Code);
        Assert.Contains("Nothing was signed", sent.Error, StringComparison.Ordinal);
    }

    private static string InfoOf(string server) => new JsonObject { ["kind"] = "ExecCredential", ["spec"] = new JsonObject { ["cluster"] = new JsonObject { ["server"] = server } } }.ToJsonString();

    private string[] At() => ["--kubeconfig", Kubeconfig, "--context", $"federation-{Market.ChainId}-{Provider[2..10].ToLowerInvariant()}-{stage.Market.Tenant.Address.ToString()[2..10].ToLowerInvariant()}", "--namespace", stage.Lease.Id.Namespace];

    // Each asking is looked at once.
    private string[] KubectlWasAsked()
    {
        if (!File.Exists(shell.PathOf("asked"))) return [];
        var lines = File.ReadAllLines(shell.PathOf("asked"));
        File.Delete(shell.PathOf("asked"));
        return lines;
    }

    /// <summary>A chain with one datacenter and one lease of it.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        internal Market Market { get; private set; } = null!;

        internal MatchedLease Lease { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Market = await Market.OpenAsync();
            Lease = await Market.MatchAsync();
        }

        public ValueTask DisposeAsync() => Market.DisposeAsync();

        /// <summary>The registry says from now on that the datacenter is there.</summary>
        internal Task MoveAsync(Uri endpoint) => new DatacenterRegistration(Market.Provider.Writer, Market.Contracts.Registry)
            .EnsureAsync(new RegistryEntry(Market.Operator.Writer.Address, Market.Provider.Writer.Address, 0, endpoint.AbsoluteUri, "eu-central"), default);
    }
}
