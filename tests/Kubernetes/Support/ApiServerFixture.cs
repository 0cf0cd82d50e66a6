using Federation.Kubernetes.Tests.Support;

[assembly: AssemblyFixture(typeof(ApiServerFixture))]
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Federation.Kubernetes.Tests.Support;

/// <summary>One API server for all tests that leave it alive; each test takes a namespace.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    public ApiServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync()
    {
        Server?.Dispose();
        return ValueTask.CompletedTask;
    }
}
