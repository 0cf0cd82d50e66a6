namespace Federation.Application.Ports;

/// <summary>Asked right before anything is signed or sent: what follows cannot be taken back.</summary>
public interface ISendFence
{
    /// <summary>Why nothing may be sent now, for people; null when it may.</summary>
    string? Refusal { get; }
}
