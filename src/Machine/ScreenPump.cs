using System;
using System.Collections.Generic;
using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>
/// Shows a screen to those who look at it, some dozen times a second of the host. Machine's thread only. Nothing of it is state of the machine.
/// </summary>
internal sealed class ScreenPump(IScreen? screen)
{
    private const long EveryMs = 25;

    private readonly ScreenPicture _picture = new();
    private readonly List<(IDisplayBackend Display, bool Watched)> _displays = [];
    private long _next;

    /// <summary>Whether somebody looks, so that a machine with nothing to do should come by at the pace of pictures.</summary>
    public bool IsWatched
    {
        get
        {
            foreach ((IDisplayBackend display, _) in _displays)
            {
                if (display.IsWatching)
                {
                    return screen is not null;
                }
            }

            return false;
        }
    }

    /// <summary>Longest time to sleep while somebody looks.</summary>
    public static long LongestSleepNs => EveryMs * 1_000_000;

    /// <summary>From now on <paramref name="display"/> is shown the screen.</summary>
    public void Add(IDisplayBackend display) => _displays.Add((display, false));

    /// <summary>Shows what has changed, if it is time to.</summary>
    public void Tick()
    {
        if (_displays.Count == 0 || Environment.TickCount64 < _next)
        {
            return;
        }

        _next = Environment.TickCount64 + EveryMs;
        bool isWatched = IsWatched;
        ScreenArea changed = isWatched ? screen!.Update(_picture, all: false) : default;
        TextScreen? text = null;
        for (int i = 0; i < _displays.Count; i++)
        {
            (IDisplayBackend display, bool before) = _displays[i];
            bool watches = isWatched && display.IsWatching;
            _displays[i] = (display, watches);
            ScreenArea area = before ? changed : new ScreenArea(0, 0, _picture.Width, _picture.Height);
            if (watches && !area.IsEmpty)
            {
                text ??= screen!.ReadText();
                display.Show(_picture, area, text);
            }
        }
    }
}
