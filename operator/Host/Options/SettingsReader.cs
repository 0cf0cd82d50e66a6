using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.RegularExpressions;
using Federation.Application.Settings;

namespace Federation.Host.Options;

/// <summary>
/// Reads a section of the configuration into its options and tells all that it cannot: a setting under a name that nothing has, or that
/// is not what it has to be, would else be left out in silence. What it can read is listed here, type by type, so that it is the same
/// in the shipped program, from which what only reflection finds is trimmed.
/// </summary>
internal static partial class SettingsReader
{
    private static readonly Dictionary<Type, (string What, Func<string, object?> Parse)> Leaves = new()
    {
        [typeof(string)] = ("text", t => t),
        [typeof(bool)] = ("true or false", t => bool.TryParse(t, out var value) ? value : null),
        [typeof(int)] = ("a whole number", Number<int>),
        [typeof(uint)] = ("a whole number, not negative", Number<uint>),
        [typeof(long)] = ("a whole number", Number<long>),
        [typeof(ulong)] = ("a whole number, not negative", Number<ulong>),
        [typeof(BigInteger)] = ("a whole number", Number<BigInteger>),
        [typeof(double)] = ("a number", t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(decimal)] = ("a number", t => decimal.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(TimeSpan)] = ("a time as hours:minutes:seconds, such as 01:30:00, with days before it as 7.00:00:00", t => Time(t)),
        [typeof(Uri)] = ("an address", t => Uri.TryCreate(t, UriKind.RelativeOrAbsolute, out var value) ? value : null),
    };

    /// <param name="section">What <typeparamref name="T"/> is read from.</param>
    /// <param name="elsewhere">Names in it that are read by somebody else.</param>
    /// <returns>The options, what could not be read left as it is by itself; and all that could not, for people.</returns>
    public static (T Options, IReadOnlyList<string> Faults) Read<T>(IConfigurationSection section, params string[] elsewhere)
        where T : class, new()
    {
        var (options, faults) = (new T(), new List<string>());
        Fill(options, section, faults, elsewhere);
        return (options, faults);
    }

    /// <summary>The faults of the reading, and of the checks only those that are no echo of them.</summary>
    public static IReadOnlyList<string> All(IReadOnlyList<string> unread, IEnumerable<string> checks) =>
        [.. unread, .. checks.Where(c => !unread.Any(u => u.Split(' ')[0] is var name && (c.StartsWith(name + " ", StringComparison.OrdinalIgnoreCase) || c.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))))];

    /// <summary>Each option below a type: its name, and the type of its value.</summary>
    public static IEnumerable<(string Name, Type Type)> Names(Type type) => Properties(type).SelectMany(p =>
        Leaves.ContainsKey(ValueType(p)) || ElementOf(p.PropertyType) is not null ? [(p.Name, p.PropertyType)] : Names(p.PropertyType).Select(n => ($"{p.Name}:{n.Name}", n.Type)));

    /// <summary>Of lists and of tables by name, what each entry is.</summary>
    public static Type? ElementOf(Type type) => type.IsArray ? type.GetElementType() : typeof(IDictionary).IsAssignableFrom(type) ? type.GetGenericArguments()[1] : null;

    /// <summary>What one has otherwise than the other, and whether it may be so while the program runs.</summary>
    public static IEnumerable<Change> Changes(object before, object after) => Properties(before.GetType()).SelectMany(p => (p.GetValue(before), p.GetValue(after)) switch
    {
        var (one, other) when Leaves.ContainsKey(ValueType(p)) || ElementOf(p.PropertyType) is not null =>
            Said(one) is var was && Said(other) is var isNow && was != isNow ? [new Change(p.Name, p.IsDefined(typeof(ReloadableAttribute)), was, isNow)] : [],
        var (one, other) => Changes(one!, other!).Select(c => c with { Name = $"{p.Name}:{c.Name}" }),
    });

    private static string Said(object? value) => value switch
    {
        IDictionary table => string.Join(", ", table.Keys.Cast<object>().Select(k => $"{k}={table[k]}").Order(StringComparer.Ordinal)),
        Array list => string.Join(", ", list.Cast<object>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p is { CanRead: true, CanWrite: true, SetMethod.IsPublic: true });

    private static void Fill(object options, IConfigurationSection section, List<string> faults, string[] elsewhere)
    {
        var properties = Properties(options.GetType()).ToArray();
        foreach (var child in section.GetChildren())
        {
            if (properties.FirstOrDefault(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } property) Set(options, property, child, faults);
            else if (!elsewhere.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) faults.Add($"{child.Path} is no option.{Like(child, properties)}");
        }
    }

    private static void Set(object options, PropertyInfo property, IConfigurationSection given, List<string> faults)
    {
        if (Leaves.ContainsKey(ValueType(property)))
        {
            if (given.Value is "" && IsOptional(property)) property.SetValue(options, null);
            else if (Leaf(given, ValueType(property), faults) is { } value) property.SetValue(options, value);
        }
        else if (ElementOf(property.PropertyType) is { } element)
        {
            var entries = given.GetChildren().ToArray();
            if (entries.Length == 0 && given.Value is { Length: > 0 }) faults.Add($"{given.Path} is a list: write {given.Path}:{(property.PropertyType.IsArray ? "0" : "NAME")}.");
            else if (property.PropertyType.IsArray) property.SetValue(options, List(entries, element, faults));
            else Enter((IDictionary)property.GetValue(options)!, entries, element, faults);
        }
        else if (given.Value is { Length: > 0 }) faults.Add($"{given.Path} is no option by itself: it has {string.Join(", ", Names(property.PropertyType).Select(n => n.Name))}.");
        else Fill(property.GetValue(options)!, given, faults, []);
    }

    private static Array List(IConfigurationSection[] entries, Type element, List<string> faults)
    {
        var list = Array.CreateInstance(element, entries.Length);
        foreach (var (i, entry) in entries.Index())
        {
            if (!int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) faults.Add($"{entry.Path} is no option: entries of a list are counted from 0.");
            else list.SetValue(Leaf(entry, element, faults), i);
        }

        return list;
    }

    private static void Enter(IDictionary table, IConfigurationSection[] entries, Type element, List<string> faults)
    {
        foreach (var entry in entries)
            if (Leaf(entry, element, faults) is { } value) table[entry.Key] = value;
    }

    private static object? Leaf(IConfigurationSection given, Type type, List<string> faults)
    {
        foreach (var below in given.GetChildren()) faults.Add($"{below.Path} is no option.");
        if (given.Value is not { } text) return null;
        var (what, parse) = Leaves[type];
        if (parse(text) is { } value) return value;
        // An address may hold a password.
        faults.Add(type == typeof(Uri) ? $"{given.Path} must be {what}." : $"{given.Path} '{text}' must be {what}.");
        return null;
    }

    private static Type ValueType(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static bool IsOptional(PropertyInfo property) => property.PropertyType == typeof(Uri) || Nullable.GetUnderlyingType(property.PropertyType) is not null;

    private static object? Number<T>(string text)
        where T : struct, INumberBase<T> => T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    // To TimeSpan.Parse '30' is thirty days, and '24:00:00' twenty-four.
    private static TimeSpan? Time(string text) => TimeForm().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;

    // What it may have been meant for: the same name in another section, or one that is a slip away.
    private static string Like(IConfigurationSection given, PropertyInfo[] beside)
    {
        var root = given.Path.Split(':')[0];
        var all = root == "Federation" ? Names(typeof(OperatorOptions)).Select(n => $"{root}:{n.Name}") : beside.Select(p => $"{root}:{p.Name}");
        var parent = given.Path[..(given.Path.Length - given.Key.Length)];
        var meant = all.FirstOrDefault(n => n.EndsWith(":" + given.Key, StringComparison.OrdinalIgnoreCase))
            ?? beside.Select(p => parent + p.Name).FirstOrDefault(n => IsSlip(n[parent.Length..], given.Key));
        return meant is null ? "" : $" Is {meant} meant?";
    }

    private static bool IsSlip(string name, string written)
    {
        var (a, b) = (name.ToLowerInvariant(), written.ToLowerInvariant());
        if (Math.Abs(a.Length - b.Length) > 2) return false;
        var head = a.Zip(b).TakeWhile(p => p.First == p.Second).Count();
        var tail = a.Reverse().Zip(b.Reverse()).TakeWhile(p => p.First == p.Second).Count();
        return head + tail >= Math.Max(a.Length, b.Length) - 2 && head + tail > 0;
    }

    /// <param name="Name">Below the section.</param>
    public sealed record Change(string Name, bool IsReloadable, string Before, string After);

    [GeneratedRegex(@"^-?([0-9]+\.)?([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]{1,7})?)?$")]
    private static partial Regex TimeForm();
}
