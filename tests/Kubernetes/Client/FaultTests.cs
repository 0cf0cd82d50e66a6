using System.Globalization;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests.Client;

public sealed class FaultTests(ApiServerFixture fixture)
{
    [Fact]
    public async Task Write_TooManyRequests_WaitsAsAskedAndSucceeds()
    {
        var space = await fixture.Server.NamespaceAsync();
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, number) => AnswerAsync(context, number <= 2, 429, 1));
        using var client = fixture.Server.Client(proxy.Port, "http");
        var started = TimeProvider.System.GetTimestamp();
        await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "a"));
        Assert.Equal(3, proxy.Requests);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task Read_ServerInTrouble_IsRepeated(int code)
    {
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, number) => AnswerAsync(context, number <= 2, code));
        using var client = fixture.Server.Client(proxy.Port, "http");
        Assert.NotNull(await client.Resource<V1Namespace>().GetAsync("default"));
        Assert.Equal(3, proxy.Requests);
    }

    [Fact]
    public async Task Write_ServerInTrouble_IsNotRepeated()
    {
        var space = await fixture.Server.NamespaceAsync();
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, _) => AnswerAsync(context, true, 503));
        using var client = fixture.Server.Client(proxy.Port, "http");
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "a")));
        Assert.True(failure.IsTransient);
        Assert.Contains("in trouble", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, proxy.Requests);
    }

    [Fact]
    public async Task Read_RetryAfterBeyondTheDeadline_FailsAtOnceAndSaysHowLong()
    {
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, _) => AnswerAsync(context, true, 429, 600));
        using var client = fixture.Server.Client(proxy.Port, "http");
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.Resource<V1Namespace>().GetAsync("default"));
        Assert.True(failure.IsTooManyRequests);
        Assert.Equal(TimeSpan.FromMinutes(10), failure.RetryAfter);
        Assert.Equal(1, proxy.Requests);
    }

    [Fact]
    public async Task Read_ServerSilent_TimesOut()
    {
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, async (context, _) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        });
        using var client = fixture.Server.Client(proxy.Port, "http", new KubernetesClientOptions { Timeout = TimeSpan.FromMilliseconds(500) });
        await Assert.ThrowsAsync<TimeoutException>(() => client.Resource<V1Namespace>().GetAsync("default"));
    }

    [Fact]
    public async Task Read_NobodyListens_HttpRequestException()
    {
        using var client = fixture.Server.Client(Ports.Free(1)[0], options: new KubernetesClientOptions { MaxRetries = 1 });
        await Assert.ThrowsAsync<HttpRequestException>(() => client.Resource<V1Namespace>().GetAsync("default"));
    }

    [Fact]
    public async Task Read_WrongToken_Unauthorized()
    {
        using var client = new KubernetesClient(fixture.Server.Configuration() with
        {
            Credentials = Federation.Kubernetes.Configuration.StaticCredentials.Bearer("nobody"),
        });
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.Resource<V1Namespace>().GetAsync("default"));
        Assert.True(failure.IsUnauthorized);
    }

    [Fact]
    public async Task Read_UserWithoutRights_Forbidden()
    {
        using var client = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = "somebody" });
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.Resource<V1Secret>().ListAsync("default"));
        Assert.True(failure.IsForbidden);
        Assert.Contains("somebody", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> AnswerAsync(HttpContext context, bool now, int code, int? retryAfter = null)
    {
        if (now)
        {
            context.Response.StatusCode = code;
            if (retryAfter is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await context.Response.WriteAsync("in trouble");
        }

        return now;
    }
}
