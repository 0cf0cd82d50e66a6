namespace Federation.Kubernetes.Client;

/// <summary>Says, right before a request that changes something leaves, whether it still may.</summary>
public interface IWriteFence
{
    /// <exception cref="LeadershipLostException">The right to write has ended.</exception>
    void ThrowIfLost();
}

/// <summary>This process no longer leads: the write was not sent.</summary>
public sealed class LeadershipLostException : Exception
{
    public LeadershipLostException()
        : base("This process no longer leads: the write was not sent.")
    {
    }

    public LeadershipLostException(string message)
        : base(message)
    {
    }

    public LeadershipLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
