using System.Net;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Tests.Client;

/// <summary>A server that starts beside us refuses everybody for a moment; one that refuses for longer means it.</summary>
public sealed class ServerPatienceTests
{
    private readonly FakeClock clock = new();

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task RefusedAtFirst_IsAskedAgain(HttpStatusCode code) => Assert.Equal(7, await AskAsync(Refusal(code), times: 20));

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task RefusedForAMinute_IsARefusal(HttpStatusCode code)
    {
        var refused = await Assert.ThrowsAsync<KubernetesException>(() => AskAsync(Refusal(code), times: 40));
        Assert.Equal("no rights", refused.Message);
    }

    [Fact]
    public async Task ServerThatIsAway_IsWaitedForWithoutEnd() => Assert.Equal(7, await AskAsync(new HttpRequestException("Connection refused"), times: 500));

    [Fact]
    public Task WhatIsWrong_IsNotAskedAgain() => Assert.ThrowsAsync<KubernetesException>(() => AskAsync(Refusal(HttpStatusCode.UnprocessableEntity), times: 1));

    private async Task<int> AskAsync(Exception error, int times)
    {
        var asked = 0;
        var answer = new ServerPatience(clock, NullLogger.Instance).AskAsync(() => asked++ < times ? Task.FromException<int>(error) : Task.FromResult(7), default);
        for (var step = 0; step < times && !answer.IsCompleted; step++)
        {
            var before = asked;
            clock.Advance(TimeSpan.FromSeconds(2));
            while (asked == before && !answer.IsCompleted) await Task.Yield();
        }

        return await answer;
    }

    private static KubernetesException Refusal(HttpStatusCode code) => new(new V1Status { Message = "no rights" }, code);
}
