// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Apps that earn a royalty when a lease runs them.
/// @dev An app's id is keccak256(abi.encode(first owner, imageDigest)): nobody can take somebody else's, and a tenant that
/// signs the id in its Request says whom it means.
interface IAppRegistry {
    struct App {
        address owner;
        address royaltyTo;
        uint16 royaltyBps; // of the gross
        bytes32 imageDigest; // sha256 of the image manifest
        string name;
    }

    event AppRegistered(bytes32 indexed app, address indexed owner, bytes32 indexed imageDigest, address royaltyTo, uint16 royaltyBps, string name);
    /// @notice For leases that are matched from now on.
    event RoyaltySet(bytes32 indexed app, address royaltyTo, uint16 royaltyBps);
    event OwnerOffered(bytes32 indexed app, address indexed to);
    event OwnerSet(bytes32 indexed app, address indexed owner);

    error AppExists(bytes32 app);
    error AppUnknown(bytes32 app);
    error NotOwner(bytes32 app, address caller);
    error NotOffered(bytes32 app, address caller);
    error DigestZero();
    error RoyaltyToZero();
    error RoyaltyTooHigh(uint16 bps, uint16 max);
    error NameLengthInvalid(uint256 length, uint256 max);

    function register(bytes32 imageDigest, address royaltyTo, uint16 royaltyBps, string calldata name) external returns (bytes32 app);
    function setRoyalty(bytes32 app, address royaltyTo, uint16 royaltyBps) external;
    function offerOwner(bytes32 app, address to) external;
    function acceptOwner(bytes32 app) external;

    function appId(address firstOwner, bytes32 imageDigest) external pure returns (bytes32);
    function app(bytes32 id) external view returns (App memory);
    /// @notice What a match snapshots. Reverts AppUnknown.
    function royalty(bytes32 app) external view returns (address royaltyTo, uint16 royaltyBps);
}
