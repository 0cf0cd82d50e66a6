namespace Federation.Application.Settings;

/// <summary>
/// What may change while the program runs. Who needs it asks each time and looks at one value for one decision, so that nothing is
/// decided half by the old one and half by the new one.
/// </summary>
/// <param name="first">What it is until it is replaced.</param>
public sealed class Live<T>(T first)
{
    private volatile object? box = first;

    public T Current => (T)box!;

    public void Set(T next) => box = next;

    /// <summary>For who never changes it.</summary>
    public static implicit operator Live<T>(T value) => new(value);
}
