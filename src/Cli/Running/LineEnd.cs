using System;
using System.Collections.Generic;
using System.Globalization;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Running;

/// <summary>What stands at the far end of a serial or parallel port.</summary>
internal enum LineKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Standard input and output.</summary>
    Stdio = 1,

    /// <summary>A file that takes the output; no input.</summary>
    File = 2,

    /// <summary>A pseudo-terminal that is made.</summary>
    Pty = 3,

    /// <summary>A socket in the file system.</summary>
    Unix = 4,

    /// <summary>A TCP port.</summary>
    Tcp = 5,
}

/// <summary>The far end of a port as the command line names it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Place">Path of a file or socket, or host.</param>
/// <param name="Port">TCP port.</param>
/// <param name="IsServer">Whether others come to the socket, instead of going to one.</param>
internal sealed record LineEnd(LineKind Kind, string Place = "", int Port = 0, bool IsServer = false)
{
    /// <summary>What <c>--serial</c> takes.</summary>
    internal const string SerialForms = "stdio, file:PATH, pty, unix:PATH[,server], tcp:HOST:PORT[,server], none";

    /// <summary>What <c>--parallel</c> takes.</summary>
    internal const string ParallelForms = "file:PATH, none";

    private const string ServerEnding = ",server";
    private const int SerialPorts = 2;

    /// <summary>Nothing is connected.</summary>
    internal static LineEnd None { get; } = new(LineKind.None);

    /// <summary>Whether something can come in from there.</summary>
    internal bool HasInput => Kind is LineKind.Stdio or LineKind.Pty or LineKind.Unix or LineKind.Tcp;

    /// <summary>The ends of COM1 and COM2; throws the usage error otherwise.</summary>
    internal static IReadOnlyList<LineEnd> ParseSerial(string[] texts)
    {
        if (texts.Length > SerialPorts)
        {
            throw CliException.Usage($"--serial: there are two serial ports; {texts.Length} are too many");
        }

        LineEnd[] ends = [texts.Length > 0 ? Parse("--serial", SerialForms, texts[0]) : new LineEnd(LineKind.Stdio), texts.Length > 1 ? Parse("--serial", SerialForms, texts[1]) : None];
        return ends[0].Kind != LineKind.None && ends[0] == ends[1] && ends[0].Kind != LineKind.Pty
            ? throw CliException.Usage($"--serial: \"{Printable.Line(texts[1])}\" can be at one port only")
            : ends;
    }

    /// <summary>The end of LPT1; throws the usage error otherwise.</summary>
    internal static LineEnd ParseParallel(string? text)
    {
        LineEnd? end = text is null ? None : text.StartsWith("file:", StringComparison.Ordinal) || text == "none" ? Parse("--parallel", ParallelForms, text) : null;
        return end ?? throw Unknown("--parallel", ParallelForms, text!);
    }

    private static LineEnd Parse(string option, string forms, string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = colon < 0 ? string.Empty : text[(colon + 1)..];
        return (colon < 0 ? text : text[..colon], colon < 0) switch
        {
            ("stdio", true) => new LineEnd(LineKind.Stdio),
            ("pty", true) => new LineEnd(LineKind.Pty),
            ("none", true) => None,
            ("file", _) => rest.Length != 0 ? new LineEnd(LineKind.File, rest) : throw CliException.Usage($"{option}: file: needs a path, such as file:console.log"),
            ("unix", _) => Unix(option, rest),
            ("tcp", _) => Tcp(option, text, rest),
            _ => throw Unknown(option, forms, text),
        };
    }

    private static LineEnd Unix(string option, string rest)
    {
        string path = WithoutServer(rest, out bool isServer);
        return path.Length != 0 ? new LineEnd(LineKind.Unix, path, IsServer: isServer) : throw CliException.Usage($"{option}: unix: needs a path, such as unix:com1.socket,server");
    }

    private static LineEnd Tcp(string option, string text, string rest)
    {
        string place = WithoutServer(rest, out bool isServer);
        int colon = place.LastIndexOf(':');
        bool isNumber = int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        if (colon < 0 || !isNumber || port > 65535 || (port == 0 && !isServer))
        {
            throw CliException.Usage($"{option}: \"{Printable.Line(text)}\" is no TCP port, such as tcp:127.0.0.1:4444{ServerEnding}");
        }

        string host = place[..colon];
        return new LineEnd(LineKind.Tcp, host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host, port, isServer);
    }

    private static string WithoutServer(string text, out bool isServer)
    {
        isServer = text.EndsWith(ServerEnding, StringComparison.Ordinal);
        return isServer ? text[..^ServerEnding.Length] : text;
    }

    private static CliException Unknown(string option, string forms, string text) =>
        CliException.Usage($"{option}: \"{Printable.Line(text)}\" is none of {forms}{Suggestion.For(text, ["stdio", "pty", "none"])}");
}
