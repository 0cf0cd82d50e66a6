using System.Reflection;
using Federation.Host.Options;

namespace Federation.Host.Tests.Options;

/// <summary>Options by their attributes.</summary>
internal static class Marked
{
    public static IEnumerable<string> Names<T>(Type options)
        where T : Attribute => SettingsReader.Names(options).Select(n => n.Name).Where(n => Property(options, n).IsDefined(typeof(T)));

    private static PropertyInfo Property(Type options, string name)
    {
        var parts = name.Split(':');
        return parts[..^1].Aggregate(options, (type, part) => type.GetProperty(part)!.PropertyType).GetProperty(parts[^1])!;
    }
}
