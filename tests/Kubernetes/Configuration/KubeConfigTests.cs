using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Configuration;

public sealed class KubeConfigTests(ApiServerFixture fixture) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("federation-kubeconfig-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Load_ClientCertificate_IsTheUserOfTheServer()
    {
        using var client = new KubernetesClient(KubeConfig.Load(fixture.Server.CertificateKubeConfigPath));
        Assert.NotNull(await client.Resource<V1Namespace>().GetAsync("kube-system"));
    }

    [Fact]
    public async Task Load_AuthorityOfAnotherCluster_RefusesTheServer()
    {
        var stranger = Path.Combine(folder, "ca.crt");
        using (var key = System.Security.Cryptography.ECDsa.Create())
        {
            var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
            await File.WriteAllTextAsync(stranger, certificate.ExportCertificatePem());
        }

        var text = fixture.Server.KubeConfigText(new JsonObject { ["token"] = ApiServer.AdminToken })
            .Replace(fixture.Server.AuthorityPath, stranger, StringComparison.Ordinal);
        using var client = new KubernetesClient(KubeConfig.Parse(text, "x"), new KubernetesClientOptions { MaxRetries = 0 });
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetRawAsync("/version"));
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
    }

    [Fact]
    public async Task Load_ExecPlugin_RunsOnceAndAgainWhenItsTokenIsRefused()
    {
        var plugin = Script("""
            echo run >>"$0.runs"
            test "$MODE" = good || exit 3
            grep -q ExecCredential <<<"$KUBERNETES_EXEC_INFO" || exit 4
            token=$(cat "$0.token")
            echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"'$token'"}}'
            """);
        await File.WriteAllTextAsync(plugin + ".token", ApiServer.AdminToken);
        using var client = new KubernetesClient(Exec(plugin));
        await client.GetRawAsync("/version");
        await client.Resource<V1Namespace>().GetAsync("default");
        Assert.Single(await File.ReadAllLinesAsync(plugin + ".runs"));

        // A plugin whose answer was refused is asked once more, and its new answer is used.
        await File.WriteAllTextAsync(plugin + ".token", "expired");
        using var late = new KubernetesClient(Exec(plugin));
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => late.Resource<V1Namespace>().GetAsync("default"));
        Assert.True(failure.IsUnauthorized);
        await File.WriteAllTextAsync(plugin + ".token", ApiServer.AdminToken);
        Assert.NotNull(await late.Resource<V1Namespace>().GetAsync("default"));
    }

    [Theory]
    [InlineData("exit 7", "ended with 7")]
    [InlineData("echo no json", "did not answer with an ExecCredential")]
    [InlineData("echo '{\"status\":{}}'", "neither token nor certificate")]
    public async Task Load_ExecPluginThatFails_SaysHow(string body, string expected)
    {
        using var client = new KubernetesClient(Exec(Script(body)));
        var failure = await Assert.ThrowsAsync<KubeConfigException>(() => client.GetRawAsync("/version"));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ExecPluginMissing_SaysTheHint()
    {
        using var client = new KubernetesClient(Exec(Path.Combine(folder, "absent")));
        var failure = await Assert.ThrowsAsync<KubeConfigException>(() => client.GetRawAsync("/version"));
        Assert.Contains("install it so", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenFile_Replaced_IsReadAgain()
    {
        var file = Path.Combine(folder, "token");
        var time = new ManualTime();
        await File.WriteAllTextAsync(file, "one\n");
        var source = new TokenFileCredentials(file, time);
        Assert.Equal("Bearer one", (await source.GetAsync(CancellationToken.None)).Authorization);
        await File.WriteAllTextAsync(file, "two");
        Assert.Equal("Bearer one", (await source.GetAsync(CancellationToken.None)).Authorization);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Bearer two", (await source.GetAsync(CancellationToken.None)).Authorization);
        await File.WriteAllTextAsync(file, "three");
        source.Invalidate(await source.GetAsync(CancellationToken.None));
        Assert.Equal("Bearer three", (await source.GetAsync(CancellationToken.None)).Authorization);
        File.Delete(file);
        source.Invalidate(await source.GetAsync(CancellationToken.None));
        Assert.Equal("Bearer three", (await source.GetAsync(CancellationToken.None)).Authorization);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a: [", "Not YAML")]
    [InlineData("a: {b: 1\nc: 1\n", "Not YAML")]
    [InlineData("kind: Config", "no current-context")]
    [InlineData("current-context: a", "no context 'a'")]
    [InlineData("{current-context: a, contexts: [{name: a, context: {cluster: c}}]}", "names the cluster 'c'")]
    [InlineData("{current-context: a, contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: {server: nowhere}}]}", "no usable server")]
    [InlineData("{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://h'}}]}", "names the user 'u'")]
    [InlineData("{current-context: a, contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: '!'}}]}", "cannot be used")]
    public void Parse_BrokenFile_SaysWhat(string text, string expected)
    {
        var failure = Assert.Throws<KubeConfigException>(() => KubeConfig.Parse(text, "the-file"));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("the-file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void YamlToJson_AliasBomb_RefusedQuickly()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(0, 12).Select(level =>
            $"{(char)('b' + level)}: &{(char)('b' + level)} [{string.Join(',', Enumerable.Repeat($"*{(char)('a' + level)}", 10))}]\n"));
        Assert.Throws<FormatException>(() => YamlToJson.Read(bomb));
    }

    private KubernetesClientConfiguration Exec(string command) => KubeConfig.Parse(
        fixture.Server.KubeConfigText(new JsonObject
        {
            ["exec"] = new JsonObject
            {
                ["apiVersion"] = "client.authentication.k8s.io/v1beta1",
                ["command"] = command,
                ["installHint"] = "install it so",
                ["env"] = new JsonArray(new JsonObject { ["name"] = "MODE", ["value"] = "good" }),
            },
        }),
        Path.Combine(folder, "kubeconfig"));

    private string Script(string body)
    {
        var path = Path.Combine(folder, $"plugin-{Guid.NewGuid():N}");
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
