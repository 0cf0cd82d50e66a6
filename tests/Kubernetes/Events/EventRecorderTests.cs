using Federation.Kubernetes.Client;
using Federation.Kubernetes.Events;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;

namespace Federation.Kubernetes.Tests.Events;

public sealed class EventRecorderTests(ApiServerFixture fixture)
{
    [Fact]
    public async Task Publish_SameWordsManyTimes_OneObjectWithACountAndNoReads()
    {
        var space = await fixture.Server.NamespaceAsync();
        var methods = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, _) =>
        {
            methods.Enqueue(context.Request.Method);
            return Task.FromResult(false);
        });
        using var client = fixture.Server.Client(proxy.Port, "http");
        using var direct = fixture.Server.Client();
        var about = await direct.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "a"));
        var recorder = new EventRecorder(client, new EventRecorderOptions { Component = "test" });
        for (var round = 0; round < 100; round++)
        {
            recorder.Publish(about with { Metadata = about.Metadata with { ResourceVersion = $"{round}" } }, EventType.Warning, "Refused", "no GPU of this model");
        }

        await recorder.FlushAsync();
        recorder.Publish(about, EventType.Warning, "Refused", "no GPU of this model");
        await recorder.FlushAsync();
        await recorder.FlushAsync();

        var written = Assert.Single((await direct.Resource<CoreV1Event>().ListAsync(space)).Items);
        Assert.Equal(("Warning", "Refused", "no GPU of this model", 101), (written.Type, written.Reason, written.Message, written.Count));
        Assert.Equal(about.Metadata.Uid, written.InvolvedObject.Uid);
        Assert.Equal(["POST", "PATCH"], methods);
        Assert.Contains("no GPU of this model", await Kubectl.RunAsync(fixture.Server, "-n", space, "get", "events"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_ObjectWithoutNamespace_GoesToDefault()
    {
        using var client = fixture.Server.Client();
        var name = await fixture.Server.NamespaceAsync();
        var recorder = new EventRecorder(client, new EventRecorderOptions { Component = "test" });
        recorder.Publish((await client.Resource<V1Namespace>().GetAsync(name))!, EventType.Normal, "Seen", "hello");
        await recorder.FlushAsync();
        var found = await client.Resource<CoreV1Event>().ListAsync("default", new ListOptions { FieldSelector = $"involvedObject.name={name}" });
        Assert.Equal("hello", Assert.Single(found.Items).Message);
    }

    [Fact]
    public async Task Publish_ForgottenByTheServer_IsWrittenAnew()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var client = fixture.Server.Client();
        var about = await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "a"));
        var recorder = new EventRecorder(client, new EventRecorderOptions { Component = "test" });
        recorder.Publish(about, EventType.Normal, "Seen", "hello");
        await recorder.FlushAsync();
        var first = Assert.Single((await client.Resource<CoreV1Event>().ListAsync(space)).Items);
        await client.Resource<CoreV1Event>().DeleteAsync(first.Metadata.Name!, space);
        recorder.Publish(about, EventType.Normal, "Seen", "hello");
        await recorder.FlushAsync();
        Assert.Equal(2, Assert.Single((await client.Resource<CoreV1Event>().ListAsync(space)).Items).Count);
    }

    [Fact]
    public async Task Publish_ServerAway_BoundedAndTheCallerUndisturbed()
    {
        using var client = fixture.Server.Client(Ports.Free(1)[0], options: new KubernetesClientOptions { MaxRetries = 0 });
        var recorder = new EventRecorder(client, new EventRecorderOptions { Component = "test", MaxPending = 10 });
        var about = Manifests.ConfigMap("default", "a");
        for (var number = 0; number < 1000; number++)
        {
            recorder.Publish(about, EventType.Normal, "Seen", $"hello {number}");
        }

        Assert.Equal(990, recorder.Dropped);
        for (var round = 0; round < 5; round++)
        {
            await recorder.FlushAsync();
        }
    }
}
