using System.Collections.Generic;
using System.Linq;
using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>The media of a fork: a drive whose medium the child's spec leaves as it is gets one like that which stands in the parent's drive now.</summary>
internal static class ForkedMedia
{
    /// <summary>Gives the child media of its own.</summary>
    /// <param name="parent">The parent's parts.</param>
    /// <param name="parentSpec">What the parent was made from.</param>
    /// <param name="childSpec">What the child is to be made from, with the parent's drives.</param>
    /// <param name="made">Takes the media that were made for the child, for whoever disposes it.</param>
    /// <returns><paramref name="childSpec"/> with the child's media.</returns>
    /// <exception cref="MachineSpecException">A medium can be written and does not keep its changes apart: the child needs another.</exception>
    public static MachineSpec Fork(PcHardware parent, MachineSpec parentSpec, MachineSpec childSpec, List<IBlockBackend> made)
    {
        IBlockBackend? variables = ReferenceEquals(childSpec.FirmwareVariables, parentSpec.FirmwareVariables) ? null : childSpec.FirmwareVariables;
        return childSpec with
        {
            // The child's flash holds what the parent's did; without a medium it is lost with the child.
            FirmwareVariables = variables,
            Drives = [.. childSpec.Drives.Select(drive => drive with { Medium = Of(drive) })],
        };

        IBlockBackend? Of(DriveSpec drive)
        {
            if (!parentSpec.Drives.Any(d => SamePlace(d, drive) && ReferenceEquals(d.Medium, drive.Medium)))
            {
                return drive.Medium;
            }

            IBlockBackend? medium = parent.Media.First(d => SamePlace(d, drive)).Medium;
            if (medium is IOverlayMedium overlay)
            {
                made.Add(overlay.Fork());
                return made[^1];
            }

            return medium is not { IsReadOnly: false }
                ? medium
                : throw new MachineSpecException($"{MachineParts.NameOf(drive)} of this machine is written to; give the fork another medium there, or keep the changes apart (discard)");
        }
    }

    private static bool SamePlace(DriveSpec one, DriveSpec other) => one.Kind == other.Kind && one.Index == other.Index;
}
