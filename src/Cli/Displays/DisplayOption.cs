using System;
using System.Globalization;
using System.Net;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Displays;

/// <summary>Where the screen is shown.</summary>
internal enum DisplayKind
{
    /// <summary>A window if this host has a desktop, else VNC; nowhere for a kernel that the host starts.</summary>
    Auto = 0,

    /// <summary>The machine has no display.</summary>
    None = 1,

    /// <summary>VNC and WebSocket clients.</summary>
    Vnc = 2,

    /// <summary>A window.</summary>
    Window = 3,

    /// <summary>This terminal.</summary>
    Terminal = 4,
}

/// <summary>The value of <c>--display</c>.</summary>
internal sealed record DisplayOption(DisplayKind Kind)
{
    /// <summary>Forms, for messages.</summary>
    internal const string Forms = "vnc[:[ADDRESS:]PORT][,websocket=PORT][,password=FILE], window, terminal, none";

    /// <summary>Address to listen on.</summary>
    internal IPAddress Address { get; private init; } = IPAddress.Loopback;

    /// <summary>Port, or null for the first free one from 5900.</summary>
    internal int? Port { get; private init; }

    /// <summary>A second port for WebSocket clients, or null.</summary>
    internal int? WebSocketPort { get; private init; }

    /// <summary>File whose first line is the password, or null.</summary>
    internal string? PasswordFile { get; private init; }

    /// <summary>Reads the option; throws the usage error.</summary>
    internal static DisplayOption Parse(string? text)
    {
        switch (text)
        {
            case null:
                return new DisplayOption(DisplayKind.Auto);
            case "none":
                return new DisplayOption(DisplayKind.None);
            case "window":
                return new DisplayOption(DisplayKind.Window);
            case "terminal":
                return new DisplayOption(DisplayKind.Terminal);
            default:
                string[] parts = text.Split(',');
                string head = parts[0];
                if (head != "vnc" && !head.StartsWith("vnc:", StringComparison.Ordinal))
                {
                    throw CliException.Usage($"--display: \"{Printable.Line(text)}\" is none of {Forms}{Suggestion.For(text, ["vnc", "window", "terminal", "none"])}");
                }

                DisplayOption vnc = new(DisplayKind.Vnc);
                vnc = head.Length > 4 ? vnc.At(head[4..]) : vnc;
                foreach (string part in parts.AsSpan(1))
                {
                    vnc = vnc.With(part);
                }

                return vnc;
        }
    }

    private DisplayOption At(string place)
    {
        int colon = place.LastIndexOf(':');
        string host = colon < 0 ? string.Empty : place[..colon].Trim('[', ']');
        IPAddress? address = host.Length == 0 || host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        return address is null
            ? throw CliException.Usage($"--display: \"{Printable.Line(host)}\" is no IP address; write vnc:127.0.0.1:5901 or vnc:5901")
            : this with { Address = address, Port = Number(place[(colon + 1)..]) };
    }

    private DisplayOption With(string part) => part.Split('=', 2) switch
    {
        ["websocket", var port] => this with { WebSocketPort = Number(port) },
        ["password", { Length: > 0 } file] => this with { PasswordFile = file },
        _ => throw CliException.Usage($"--display: \"{Printable.Line(part)}\" does not belong to vnc; there are websocket=PORT and password=FILE"),
    };

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65_536
        ? port
        : throw CliException.Usage($"--display: \"{Printable.Line(text)}\" is no port; ports are 1 to 65535");
}
