namespace Federation.Kubernetes.Configuration;

/// <summary>A bearer token in a file that somebody else renews, such as a projected service account token.</summary>
public sealed class TokenFileCredentials(string path, TimeProvider? time = null) : ICredentialSource
{
    // The kubelet renews a token at 80 % of its life, an hour by default: a minute is early enough.
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private readonly TimeProvider clock = time ?? TimeProvider.System;
    private readonly Lock guard = new();
    private Credential? current;
    private long readAt;

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        lock (guard)
        {
            if (current is null || clock.GetElapsedTime(readAt) >= Freshness)
            {
                current = Read(current);
                readAt = clock.GetTimestamp();
            }

            return new ValueTask<Credential>(current);
        }
    }

    public void Invalidate(Credential refused)
    {
        lock (guard)
        {
            readAt = clock.GetTimestamp() - (long)(Freshness.TotalSeconds * clock.TimestampFrequency);
        }
    }

    private Credential Read(Credential? previous)
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            return token.Length > 0 ? new Credential($"Bearer {token}", null) : throw new KubeConfigException($"{path} is empty: no token.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A file that is being replaced may be missing for a moment: the old token is still good then.
            return previous ?? throw new KubeConfigException($"Cannot read the token file {path}: {failure.Message}", failure);
        }
    }
}
