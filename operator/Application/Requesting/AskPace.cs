using System.Collections.Concurrent;

namespace Federation.Application.Requesting;

/// <summary>Asks less and less often where nobody offers. After a restart it asks at once, which is one round more.</summary>
internal sealed class AskPace(TimeSpan longest, TimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Pausing> pauses = new();

    /// <returns>What was said last, while it is too early to ask again; null when it is not.</returns>
    public (string Reason, string Message)? Pause(string key, long generation) =>
        pauses.TryGetValue(key, out var pause) && pause.Generation == generation && clock.GetElapsedTime(pause.Since) < pause.For ? (pause.Reason, pause.Message) : null;

    public void Failed(string key, long generation, string reason, string message) => pauses.AddOrUpdate(
        key,
        _ => new Pausing(generation, clock.GetTimestamp(), First, reason, message),
        (_, before) => new Pausing(generation, clock.GetTimestamp(), before.Generation != generation ? First : before.For * 2 < longest ? before.For * 2 : longest, reason, message));

    public void Forget(string key) => pauses.TryRemove(key, out _);

    private sealed record Pausing(long Generation, long Since, TimeSpan For, string Reason, string Message);
}
