using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Events;

/// <summary>How urgent an event is.</summary>
public enum EventType
{
    Normal,
    Warning,
}

/// <summary>
/// Writes events in the background. The same words about the same object raise a count (one patch, no read before);
/// memory, queue and rate are bounded; a failure to write is repeated and then logged, and never disturbs the caller.
/// </summary>
public sealed class EventRecorder(KubernetesClient client, EventRecorderOptions options, TimeProvider? time = null, ILogger<EventRecorder>? logger = null)
{
    private const int MaxMessage = 1024;
    private const int MaxTries = 3;

    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly ILogger log = logger ?? NullLogger<EventRecorder>.Instance;
    private readonly ResourceClient<JsonObject> events = client.Resource(ResourceKinds.Event);
    private readonly Channel<bool> noted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly EventBook book = new(options.MaxPending, options.MaxRemembered, options.RepeatWindow);

    /// <summary>Events that were not written because too many waited.</summary>
    public long Dropped => book.Dropped;

    /// <summary>Notes an event about an object; returns at once.</summary>
    /// <param name="about">An entity or a JSON object.</param>
    /// <param name="type">How urgent.</param>
    /// <param name="reason">Machine word in UpperCamelCase.</param>
    /// <param name="message">For people; cut off at 1024 characters.</param>
    public void Publish(object about, EventType type, string reason, string message) =>
        Publish(ObjectView.Reference(about), type, reason, message);

    /// <inheritdoc cref="Publish(object, EventType, string, string)"/>
    public void Publish(V1ObjectReference about, EventType type, string reason, string message)
    {
        var text = message.Length > MaxMessage ? message[..(MaxMessage - 1)] + "…" : message;
        // The version changes with every write of the object and would make every event a new one.
        book.Note(new EventKey(about with { ResourceVersion = null }, type, reason, text), time.GetUtcNow());
        noted.Writer.TryWrite(true);
    }

    /// <summary>Writes until cancelled, and then once more what is left.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>Returns when something waits and what may repeat it had its time, <see cref="EventRecorderOptions.FlushInterval"/>.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await noted.Reader.ReadAsync(cancellationToken);
        await Task.Delay(options.FlushInterval, time, cancellationToken);
    }

    /// <summary>Writes what waits.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        foreach (var entry in book.TakePending())
        {
            try
            {
                await WriteAsync(entry, cancellationToken);
                book.Written(entry);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Failed(entry, failure);
            }
        }
    }

    private async Task WriteAsync(EventEntry entry, CancellationToken cancellationToken)
    {
        if (entry.IsWritten)
        {
            var change = new JsonObject { ["count"] = entry.Count, ["lastTimestamp"] = Stamp(entry.Last) };
            try
            {
                await events.PatchAsync(entry.Name, entry.Space, V1Patch.Merge(change), cancellationToken: cancellationToken);
                return;
            }
            catch (KubernetesException failure) when (failure.IsNotFound)
            {
                // The server has forgotten it: a new one.
            }
        }

        try
        {
            await events.CreateAsync(Manifest(entry), cancellationToken: cancellationToken);
        }
        catch (KubernetesException failure) when (failure.IsAlreadyExists)
        {
            // The answer to an earlier attempt was lost.
        }
    }

    private void Failed(EventEntry entry, Exception failure)
    {
        // A refusal will be repeated word by word; a server in trouble may recover.
        if (failure is KubernetesException { IsTransient: false } || ++entry.Tries >= MaxTries)
        {
            log.LogWarning("Event {Reason} about {Object} was not written: {Failure}", entry.Key.Reason, entry.Key.About.Name, failure.Message);
            book.Forget(entry);
        }
        else
        {
            book.Again(entry);
            noted.Writer.TryWrite(true);
        }
    }

    private JsonObject Manifest(EventEntry entry) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = entry.Name, ["namespace"] = entry.Space },
        ["involvedObject"] = System.Text.Json.JsonSerializer.SerializeToNode(entry.Key.About, KubernetesJson.Options),
        ["type"] = entry.Key.Type.ToString(),
        ["reason"] = entry.Key.Reason,
        ["message"] = entry.Key.Message,
        ["count"] = entry.Count,
        ["firstTimestamp"] = Stamp(entry.First),
        ["lastTimestamp"] = Stamp(entry.Last),
        ["source"] = new JsonObject { ["component"] = options.Component, ["host"] = Instance },
        ["reportingComponent"] = options.Component,
        ["reportingInstance"] = Instance,
    };

    private string Instance => options.Instance ?? Environment.MachineName;

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
