using System;
using System.Threading;
using Doppel.Backends.Vnc.Updates;

namespace Doppel.Backends.Vnc;

/// <summary>
/// The server's own copy of the screen and what each client misses of it. One lock guards all of it, and is held for copying memory at most.
/// </summary>
internal sealed class SharedScreen
{
    private readonly object _gate = new();
    private volatile ClientUpdates[] _watchers = [];
    private long _shows;

    /// <summary>Guards <see cref="Picture"/> and the requests of all clients.</summary>
    internal object Gate => _gate;

    /// <summary>What the screen looks like; under <see cref="Gate"/>. Has no size until the first <see cref="Show"/>.</summary>
    internal ScreenPicture Picture { get; } = new();

    internal int WatcherCount => _watchers.Length;

    /// <summary>Takes over what changed, and wakes the clients.</summary>
    internal void Show(ScreenPicture picture, ScreenArea changed)
    {
        ClientUpdates[] watchers;
        lock (_gate)
        {
            if (picture.Width != Picture.Width || picture.Height != Picture.Height)
            {
                Picture.Resize(picture.Width, picture.Height);
                changed = DamageMap.Whole;
            }

            ScreenArea area = Areas.Intersect(changed, new ScreenArea(0, 0, picture.Width, picture.Height));
            for (int y = area.Y; y < area.Y + area.Height; y++)
            {
                picture.Row(y).Slice(area.X, area.Width).CopyTo(Picture.Row(y).Slice(area.X, area.Width));
            }

            watchers = _watchers;
            foreach (ClientUpdates watcher in watchers)
            {
                watcher.Damage.Add(changed);
            }

            _shows++;
            Monitor.PulseAll(_gate);
        }

        foreach (ClientUpdates watcher in watchers)
        {
            watcher.Wake();
        }
    }

    /// <summary>Adds a client; the first one makes the machine draw, so that there is soon a picture to tell it the size of.</summary>
    internal void Watch(ClientUpdates watcher, TimeSpan patience)
    {
        lock (_gate)
        {
            bool isFirst = _watchers.Length == 0;
            _watchers = [.. _watchers, watcher];
            watcher.Damage.Add(DamageMap.Whole);
            long until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
            long before = _shows;
            while (isFirst && _shows == before && until - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_gate, (int)left);
            }
        }
    }

    /// <summary>Removes a client; does nothing when it is not there.</summary>
    internal void Leave(ClientUpdates watcher)
    {
        lock (_gate)
        {
            _watchers = Array.FindAll(_watchers, other => other != watcher);
        }
    }
}
