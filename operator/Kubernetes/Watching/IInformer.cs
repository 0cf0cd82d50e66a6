using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Watching;

/// <summary>A local, current copy of the objects of a kind, whatever their class.</summary>
public interface IInformer
{
    ResourceKind Kind { get; }

    /// <summary>True once the first list is complete: only then does absence mean anything.</summary>
    bool HasSynced { get; }

    /// <summary>Time since the server last said anything. Beyond the idle timeout the informer is stuck.</summary>
    TimeSpan LastActivity { get; }

    /// <summary>Follows the server until cancelled; failures are repeated for ever.</summary>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Ends when <see cref="HasSynced"/> is true.</summary>
    Task WaitForSyncAsync(CancellationToken cancellationToken);
}
