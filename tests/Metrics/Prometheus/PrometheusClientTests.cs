using System.Net;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Tests.Prometheus;

public class PrometheusClientTests
{
    private const string Empty = """{"status":"success","data":{"resultType":"vector","result":[]}}""";

    [Fact]
    public async Task Query_PostsAFormBelowThePrefix()
    {
        var store = new Store(Empty);
        await Client(store, new PrometheusOptions { Url = new Uri("http://store/prefix/"), Timeout = TimeSpan.FromSeconds(3) }).QueryAsync("up{a=\"b\"}", 1_700_000_000_123, default);
        Assert.Equal("POST http://store/prefix/api/v1/query", store.Asked);
        Assert.Equal("query=up%7Ba%3D%22b%22%7D&time=1700000000.123&nocache=1&timeout=3000ms", store.Form);
        Assert.Null(store.Authorization);
    }

    [Fact]
    public async Task Query_BearerTokenFile_IsReadEachTime()
    {
        var file = Path.GetTempFileName();
        try
        {
            var store = new Store(Empty);
            var client = Client(store, new PrometheusOptions { BearerTokenFile = file });
            foreach (var token in new[] { "first", "second" })
            {
                await File.WriteAllTextAsync(file, token + "\n", TestContext.Current.CancellationToken);
                await client.QueryAsync("up", 0, default);
                Assert.Equal($"Bearer {token}", store.Authorization);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Query_AuthorizationHeader_IsSentAsItIs()
    {
        var store = new Store(Empty);
        await Client(store, new PrometheusOptions { Authorization = "Basic YTpi" }).QueryAsync("up", 0, default);
        Assert.Equal("Basic YTpi", store.Authorization);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Query_AnswerAboveTheBound_IsNotRead(bool statesLength)
    {
        var store = new Store(new string('x', 70_000)) { StatesLength = statesLength };
        var e = await Assert.ThrowsAsync<PrometheusException>(() => Client(store, new PrometheusOptions { MaxResponseBytes = 65_536 }).QueryAsync("up", 0, default));
        Assert.True(e.IsTooLarge);
    }

    [Fact]
    public async Task Query_Silence_EndsWithTheTimeout()
    {
        var store = new Store(Empty) { Silent = true };
        var e = await Assert.ThrowsAsync<PrometheusException>(() => Client(store, new PrometheusOptions { Timeout = TimeSpan.FromMilliseconds(50) }).QueryAsync("up", 0, default));
        Assert.Contains("no answer within", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_Cancelled_IsNotTakenForATimeout()
    {
        using var cancellation = new CancellationTokenSource();
        var asked = Client(new Store(Empty) { Silent = true }, new PrometheusOptions()).QueryAsync("up", 0, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public void Faults_NameEveryWrongOption()
    {
        var faults = new PrometheusOptions
        {
            Url = new Uri("ftp://store"), Authorization = "a\nb", BearerTokenFile = "f", CgroupRoot = "x/", Timeout = default,
            Window = default, MaxResponseBytes = 1, PodsPerQuery = 0, Matchers = { ["1a"] = "" },
        }.Faults().ToArray();
        Assert.Equal(9, faults.Length);
        Assert.Empty(new PrometheusOptions { Url = new Uri("https://store/x"), AnyJob = true, Headers = { ["X-Scope-OrgID"] = "team" } }.Faults());
        Assert.Contains("job=kubelet", Assert.Single(new PrometheusOptions { Url = new Uri("https://store/x") }.Faults()), StringComparison.Ordinal);
        Assert.Equal(5, new PrometheusOptions
        {
            Url = new Uri("http://store"), Matchers = { ["job"] = "kubelet" }, CaFile = "/nowhere", ClientCertificateFile = "/nowhere", Headers = { ["a b"] = "x", ["authorization"] = "y" },
        }.Faults().Count(f => !f.StartsWith("Prometheus: give", StringComparison.Ordinal)));
    }

    private static PrometheusClient Client(Store store, PrometheusOptions options)
    {
        options.Url ??= new Uri("http://store");
        return new PrometheusClient(new HttpClient(store), options, TimeProvider.System);
    }

    private sealed class Store(string body) : HttpMessageHandler
    {
        public bool Silent { get; init; }

        public bool StatesLength { get; init; } = true;

        public string Asked { get; private set; } = "";

        public string Form { get; private set; } = "";

        public string? Authorization { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = $"{request.Method} {request.RequestUri}";
            Form = await request.Content!.ReadAsStringAsync(cancellationToken);
            Authorization = request.Headers.Authorization?.ToString();
            if (Silent) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) };
            if (!StatesLength) response.Content = new StreamContent(new Unsized(body));
            return response;
        }
    }

    private sealed class Unsized(string body) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(body))
    {
        public override bool CanSeek => false;
    }
}
