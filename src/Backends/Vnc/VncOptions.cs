using System;
using System.Collections.Generic;
using System.Net;
using System.Text;

namespace Doppel.Backends.Vnc;

/// <summary>Where a <see cref="VncServer"/> listens, and to whom. Immutable.</summary>
public sealed record VncOptions
{
    /// <summary>Address to listen on. Any but a loopback address needs a <see cref="Password"/>.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port for RFB and WebSocket clients, told apart by what they say first; null: the first free one from 5900 to 5999, 0: any.</summary>
    public int? Port { get; init; }

    /// <summary>A second port for WebSocket clients alone; null: none, 0: any.</summary>
    public int? WebSocketPort { get; init; }

    /// <summary>
    /// Password of VNC authentication, of which the first eight bytes count; null: whoever reaches the port may look and type. The protocol encrypts
    /// nothing and its password is weak: over networks that are not your own, use a tunnel.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Most clients at a time, those included that have not said who they are; 1 to 64. One holds two pictures and about half a megabyte.</summary>
    public int MaxClients { get; init; } = 8;

    /// <summary>Name of the screen, for the title of viewers.</summary>
    public string Name { get; init; } = "Doppel";

    /// <summary>Origins ("https://example.org") of pages that may connect through WebSocket, besides those from this host.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Told who comes and who leaves and why, one line each, on any thread; null: nobody.</summary>
    public Action<string>? Note { get; init; }

    internal byte[]? PasswordBytes => Password is null ? null : Encoding.UTF8.GetBytes(Password);
}
