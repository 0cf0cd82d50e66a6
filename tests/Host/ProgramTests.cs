using System.Net;
using System.Text.Json.Nodes;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Host.Tests.Support;
using Federation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests;

/// <summary>How the program ends: its exit code is what a kubelet and an administrator see first.</summary>
public sealed class ProgramTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BadConfiguration_EndsWithTwo_AndNamesEveryFault()
    {
        var pairs = ValidOptions.Pairs;
        pairs["Federation:Datacenter"] = "";
        pairs["Federation:Times:Poll"] = "00:00:00.001";
        using var program = OperatorProcess.Start(pairs);

        Assert.Equal(2, await program.EndAsync(Cancellation));
        Assert.Contains("error: Federation:Datacenter is missing", program.Output, StringComparison.Ordinal);
        Assert.Contains("error: Federation:Times:Poll", program.Output, StringComparison.Ordinal);
    }

    // Each of another kind: what trimming takes away of reading one shows in the shipped program (OPERATOR=…) as a fault that is missing.
    [Fact]
    public async Task SettingsOfEveryKind_AreRead_AndNoneIsLeftOutInSilence()
    {
        var (pairs, wrong) = (ValidOptions.Pairs, new (string Name, string Value, string Fault)[]
        {
            ("Chain:Sending:MaxFeePerGas", "0", " must be above 0 wei"),
            ("Chain:Sending:BumpAfterBlocks", "0", " must be at least 1"),
            ("Chain:FallbackRpcUrls:0", "ftp://node.example", " must be an absolute"),
            ("Chain:Confirmation", "5", " is no option. Is Federation:Chain:Confirmations meant?"),
            ("Chain:LogRange", "many", " 'many' must be a whole number, not negative"),
            ("Prometheus:Matchers:a-b", "c", ": 'a-b' is no label name"),
            ("Prometheus:PodsPerQuery", "0", " must be between"),
            ("Evidence:MinFreeMiB", "0", " must be at least 1"),
            ("Times:Coverage", "2", " must be above 0"),
            ("Times:Poll", "1", " '1' must be a time"),
            ("Settling:UnitsPerEther", "-0.5", " must not be negative"),
            ("Webhook:Enabled", "yes", " 'yes' must be true or false"),
            ("Resolvers:0", "ns", ": 'ns' is no address"),
        });
        foreach (var (name, value, _) in wrong) pairs["Federation:" + name] = value;
        using var program = OperatorProcess.Start(pairs);

        Assert.Equal(2, await program.EndAsync(Cancellation));
        foreach (var (name, _, fault) in wrong) Assert.Contains($"error: Federation:{(fault[0] == ':' ? name[..name.LastIndexOf(':')] : name)}{fault}", program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", program.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spool", "Spool:Fodler", "Spool:Fodler is no option.")]
    [InlineData("spool", "Spool:Tls:Cert", "Spool:Tls:Cert is no option.")]
    [InlineData("spool", "Spool:Every", "Spool:Every '5s' must be a time")]
    // What only the operator's own reading uses.
    [InlineData("countersign", "Countersign:Prometheus:PauseAfter", "Countersign:Prometheus:PauseAfter is no option.")]
    [InlineData("countersign", "Countersign:Prometheus:AnyJob", "Countersign:Prometheus:AnyJob is no option.")]
    [InlineData("countersign", "Countersign:AuthorityFile", "Countersign:AuthorityFile: there is no file '5s'.")]
    [InlineData("countersign", "Countersign:Tolerence", "Countersign:Tolerence is no option. Is Countersign:Tolerance meant?")]
    public async Task OtherVerbs_LeaveNothingOutEither(string verb, string name, string fault)
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { [name] = "5s" }, verb);

        Assert.Equal(2, await program.EndAsync(Cancellation));
        Assert.Contains("error: " + fault, program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spool_WithoutSettings_EndsWithTwo_AndNamesEveryFault()
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { ["Spool:Listen"] = "https://127.0.0.1:0" }, "spool");

        Assert.Equal(2, await program.EndAsync(Cancellation));
        Assert.Contains("error: Spool:Folder is missing", program.Output, StringComparison.Ordinal);
        Assert.Contains("error: Spool:BearerTokenFile is missing", program.Output, StringComparison.Ordinal);
        Assert.Contains("error: Spool:Tls:Certificate and Spool:Tls:Key are missing", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spool_WhoseFolderIsAFile_SaysSo()
    {
        var file = Path.GetTempFileName();
        try
        {
            using var program = OperatorProcess.Start(new Dictionary<string, string> { ["Spool:Folder"] = file }, "spool");
            Assert.Equal(2, await program.EndAsync(Cancellation));
            Assert.Contains($"error: Spool:Folder: {file} is a file: name a folder", program.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Spool_AnswersWhoShowsTheToken_AndStoppingEndsWithZero()
    {
        var folder = Directory.CreateTempSubdirectory("federation-spool-");
        try
        {
            var (port, token) = (FreePorts.Take(), Path.Combine(folder.FullName, "token"));
            await File.WriteAllTextAsync(token, "secret", Cancellation);
            using var program = OperatorProcess.Start(new Dictionary<string, string>
            {
                ["Spool:Folder"] = folder.FullName, ["Spool:BearerTokenFile"] = token, ["Spool:Listen"] = $"http://127.0.0.1:{port}", ["Spool:CgroupRoot"] = "/nothing-runs-here",
            }, "spool");
            await program.SaysAsync("Application started", Cancellation);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestHeaders = { { "Authorization", "Bearer secret" } } };
            using var query = new FormUrlEncodedContent([new("query", "container_cpu_usage_seconds_total{id=~\".+\"}[1000ms]"), new("time", "1")]);
            using var answer = await http.PostAsync("/api/v1/query", query, Cancellation);
            Assert.Contains("\"resultType\":\"matrix\",\"result\":[]", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            program.Terminate();

            Assert.Equal(0, await program.EndAsync(Cancellation));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task VerbThatThereIsNot_StartsNoOperator()
    {
        using var program = OperatorProcess.Start(ValidOptions.Pairs, "spol");

        Assert.Equal(2, await program.EndAsync(Cancellation));
        Assert.Contains("error: 'spol' is none of this program's verbs: run, spool, tenant, countersign, doctor.", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Countersigning_WithoutSettings_EndsWithTwo_AndNamesEveryFault()
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { ["Countersign:Tolerance"] = "2", ["Countersign:Trusted:0"] = "electricity" }, "countersign");
        Assert.Equal(2, await program.EndAsync(Cancellation));
        foreach (var name in new[] { "Gateway", "Lease", "ChainId", "LeaseManager", "Folder", "Tolerance" }) Assert.Contains($"error: Countersign:{name} ", program.Output, StringComparison.Ordinal);
        Assert.Contains("'electricity' is no meter", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Countersigning_OfAGatewayThatIsNotThere_SaysSo_AndSignsNothing()
    {
        var folder = Directory.CreateTempSubdirectory("countersign-");
        try
        {
            var file = Path.Combine(folder.FullName, "password");
            await File.WriteAllTextAsync(file, "secret", Cancellation);
            var keystore = Path.Combine(folder.FullName, "key.json");
            await File.WriteAllTextAsync(keystore, KeystoreFile.Encrypt(LocalSigner.Generate(), "secret", 2, 8, 1), Cancellation);
            using var program = OperatorProcess.Start(new Dictionary<string, string>
            {
                ["Countersign:Gateway"] = "http://127.0.0.1:1", ["Countersign:Lease"] = "0x" + new string('1', 64), ["Countersign:ChainId"] = "31337", ["Countersign:LeaseManager"] = "0x" + new string('1', 40),
                ["Countersign:KeystoreFile"] = keystore, ["Countersign:KeystorePasswordFile"] = file, ["Countersign:Folder"] = folder.FullName, ["Countersign:ReadingFile"] = file, ["Countersign:Once"] = "true",
            }, "countersign");
            Assert.Equal(1, await program.EndAsync(Cancellation));
            Assert.Contains("The gateway at http://127.0.0.1:1/ gave no answer", program.Output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Doctor_WithWrongSettings_EndsWithTwo_AndNamesEveryFault()
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { ["Federation:Quote:Total"] = "5" }, "doctor");
        Assert.Equal(2, await program.EndAsync(Cancellation));
        foreach (var fault in new[] { "Quote is no option. Is Federation:Quotes meant?", "Datacenter is missing", "Chain:RpcUrl must be" }) Assert.Contains($"FAIL  settings: Federation:{fault}", program.Output, StringComparison.Ordinal);
    }

    // In a pod of its own, which has that volume and nothing else.
    [Fact]
    public async Task DoctorOfTheEvidence_TriesItsFolder_AndNeedsNoOtherSetting()
    {
        var folder = Directory.CreateTempSubdirectory("evidence-");
        try
        {
            using var well = OperatorProcess.Start(new Dictionary<string, string> { ["Federation:Evidence:Folder"] = folder.FullName }, "doctor", "evidence");
            Assert.Equal(0, await well.EndAsync(Cancellation));
            Assert.Equal($"ok    evidence: {folder.FullName} can be written to\nNothing is wrong.", well.Output.TrimEnd());
            Assert.Empty(folder.EnumerateFileSystemInfos());
            using var ill = OperatorProcess.Start(new Dictionary<string, string> { ["Federation:Evidence:Folder"] = "/proc/evidence" }, "doctor", "evidence");
            Assert.Equal(1, await ill.EndAsync(Cancellation));
            Assert.Contains("FAIL  evidence: Evidence:Folder '/proc/evidence' cannot be written: ", ill.Output, StringComparison.Ordinal);
            using var unset = OperatorProcess.Start(new Dictionary<string, string>(), "doctor", "evidence");
            Assert.Equal(1, await unset.EndAsync(Cancellation));
            Assert.Contains("FAIL  evidence: Federation:Evidence:Folder is missing", unset.Output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete();
        }
    }

    // Nothing that it needs answers: each is looked at all the same, and each line says what mends it.
    [Fact]
    public async Task Doctor_WhereNothingAnswers_EndsWithOne_AndSaysWhatMendsEach()
    {
        using var pair = new Pair();
        pair.Write(endsIn: -0.5).Dispose();
        var folder = Directory.CreateTempSubdirectory("doctor-");
        try
        {
            var (pairs, kubeconfig) = (ValidOptions.Pairs, Path.Combine(folder.FullName, "kubeconfig"));
            await File.WriteAllTextAsync(kubeconfig, """
                {"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}], "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "a", "user": {"token": "t"}}]}
                """, Cancellation);
            pairs["Federation:Kubeconfig"] = kubeconfig;
            pairs["Federation:Chain:FallbackRpcUrls:0"] = "http://127.0.0.1:2";
            (pairs["Federation:Listen"], pairs["Federation:Tls:Certificate"], pairs["Federation:Tls:Key"]) = ("https://127.0.0.1:0", pair.Certificate, pair.Key);
            using var program = OperatorProcess.Start(pairs, "doctor");
            Assert.Equal(1, await program.EndAsync(Cancellation));
            foreach (var line in new[]
            {
                "ok    settings: ", "FAIL  kubernetes: ", "FAIL  rights: ", "FAIL  lease: ", "FAIL  datacenter: ", "note  webhook: it is off", "FAIL  chain: 127.0.0.1:1 does not answer", "FAIL  chain: 127.0.0.1:2 does not answer",
                "FAIL  contracts: ", "FAIL  clock: ", "FAIL  signer: ", "FAIL  metering: Prometheus at 127.0.0.1:1 could not be asked", "FAIL  gateway: Tls:Certificate: '", "renew it", "see that the API server runs", "see that the node runs", "see that Prometheus:Url leads to the store", "15 things are wrong.",
            }) Assert.Contains(line, program.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled exception", program.Output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task ChainThatDoesNotAnswer_IsWaitedFor_AndStoppingEndsWithZero()
    {
        using var program = OperatorProcess.Start(ValidOptions.Pairs);

        await program.SaysAsync("Waiting for the chain", Cancellation);
        program.Terminate();

        Assert.Equal(0, await program.EndAsync(Cancellation));
        // Lines of several nodes are read beside each other: each says its day, and whose time it is.
        Assert.All(program.Output.Split('\n'), line => Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z [a-z]{4}: ", line));
        Assert.DoesNotContain("Unhandled exception", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherChain_EndsWithOne_AndSaysWhich()
    {
        await using var node = await NodeOfChainAsync("0x1");
        var pairs = ValidOptions.Pairs;
        pairs["Federation:Chain:RpcUrl"] = node.Urls.First();
        using var program = OperatorProcess.Start(pairs);

        Assert.Equal(1, await program.EndAsync(Cancellation));
        Assert.Contains("The node is on chain 1, configured is chain 31337", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_IsSpoken_ByTheProgramItself()
    {
        using var pair = new Pair();
        var (pairs, port) = (ValidOptions.Pairs, FreePorts.Take());
        pairs["Federation:Listen"] = $"https://127.0.0.1:{port}";
        pairs["Federation:Tls:Certificate"] = pair.Certificate;
        pairs["Federation:Tls:Key"] = pair.Key;
        using var program = OperatorProcess.Start(pairs);

        await program.SaysAsync("Waiting for the chain", Cancellation);
        using var http = pair.Client();
        Assert.Equal("ok", await http.GetStringAsync(new Uri($"https://127.0.0.1:{port}/healthz"), Cancellation));
        using var ready = await http.GetAsync(new Uri($"https://127.0.0.1:{port}/readyz"), Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("federation_leading 0", await http.GetStringAsync(new Uri($"https://127.0.0.1:{port}/metrics"), Cancellation), StringComparison.Ordinal);
    }

    // A NetworkPolicy tells tenants from Prometheus by the port.
    [Fact]
    public async Task OwnPort_AnswersTheDatacenterAlone_AndTheOthersTenantsAlone()
    {
        var (pairs, gateway, own) = (ValidOptions.Pairs, FreePorts.Take(), FreePorts.Take());
        pairs["Federation:Listen"] = $"http://127.0.0.1:{gateway};http://127.0.0.1:{own}";
        pairs["Federation:OwnPort"] = $"{own}";
        using var program = OperatorProcess.Start(pairs);
        await program.SaysAsync("Waiting for the chain", Cancellation);
        using var http = new HttpClient();
        foreach (var path in new[] { "/healthz", "/readyz", "/leading", "/metrics" })
        {
            Assert.NotEqual(HttpStatusCode.NotFound, await StatusAsync(own, path));
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, path));
        }

        // Routing hears them all the same, and so would a stranger.
        foreach (var spelling in new[] { "/Metrics", "/METRICS/", "/metrics/", "/Readyz", "/leading/", "/%6detrics", "/x/../metrics" })
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, spelling));
        Assert.NotEqual(HttpStatusCode.NotFound, await StatusAsync(gateway, "/v1/info"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(own, "/v1/info"));

        async Task<HttpStatusCode> StatusAsync(int port, string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}") { Headers = { Host = $"x:{own}" } };
            using var answer = await http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }
    }

    /// <summary>A node that answers every question with its chain id.</summary>
    private static async Task<WebApplication> NodeOfChainAsync(string chainId)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/", async (HttpRequest request) =>
        {
            var asked = await JsonNode.ParseAsync(request.Body);
            JsonNode Answer(JsonNode? call) => new JsonObject { ["jsonrpc"] = "2.0", ["id"] = call!["id"]!.DeepClone(), ["result"] = chainId };
            var answer = asked is JsonArray batch ? new JsonArray([.. batch.Select(Answer)]) : Answer(asked);
            return Results.Text(answer.ToJsonString(), "application/json");
        });
        await app.StartAsync();
        return app;
    }
}
