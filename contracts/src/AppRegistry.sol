// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAppRegistry} from "./interfaces/IAppRegistry.sol";

/// @title Apps that earn a royalty. Holds no money; every write is about the caller's own app.
contract AppRegistry is IAppRegistry {
    uint16 private constant MAX_ROYALTY_BPS = 3_000;
    uint256 private constant MAX_NAME_BYTES = 64;

    mapping(bytes32 app => App) private _apps;
    mapping(bytes32 app => address) private _offeredTo;

    modifier onlyOwner(bytes32 app_) {
        if (msg.sender != _known(app_).owner) revert NotOwner(app_, msg.sender);
        _;
    }

    /// @inheritdoc IAppRegistry
    function register(bytes32 imageDigest, address royaltyTo, uint16 royaltyBps, string calldata name)
        external
        returns (bytes32 app_)
    {
        if (imageDigest == 0) revert DigestZero();
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_BYTES) revert NameLengthInvalid(length, MAX_NAME_BYTES);
        app_ = appId(msg.sender, imageDigest);
        App storage a = _apps[app_];
        if (a.owner != address(0)) revert AppExists(app_);
        (a.owner, a.imageDigest, a.name) = (msg.sender, imageDigest, name);
        _writeRoyalty(a, royaltyTo, royaltyBps);
        emit AppRegistered(app_, msg.sender, imageDigest, royaltyTo, royaltyBps, name);
    }

    /// @inheritdoc IAppRegistry
    function setRoyalty(bytes32 app_, address royaltyTo, uint16 royaltyBps) external onlyOwner(app_) {
        _writeRoyalty(_apps[app_], royaltyTo, royaltyBps);
        emit RoyaltySet(app_, royaltyTo, royaltyBps);
    }

    /// @inheritdoc IAppRegistry
    /// @dev To the zero address: takes an offer back.
    function offerOwner(bytes32 app_, address to) external onlyOwner(app_) {
        _offeredTo[app_] = to;
        emit OwnerOffered(app_, to);
    }

    /// @inheritdoc IAppRegistry
    function acceptOwner(bytes32 app_) external {
        App storage a = _known(app_);
        if (msg.sender != _offeredTo[app_]) revert NotOffered(app_, msg.sender);
        delete _offeredTo[app_];
        a.owner = msg.sender;
        emit OwnerSet(app_, msg.sender);
    }

    /// @inheritdoc IAppRegistry
    function app(bytes32 id) external view returns (App memory) {
        return _apps[id];
    }

    /// @inheritdoc IAppRegistry
    function royalty(bytes32 app_) external view returns (address royaltyTo, uint16 royaltyBps) {
        App storage a = _known(app_);
        return (a.royaltyTo, a.royaltyBps);
    }

    /// @inheritdoc IAppRegistry
    function appId(address firstOwner, bytes32 imageDigest) public pure returns (bytes32) {
        return keccak256(abi.encode(firstOwner, imageDigest));
    }

    function _writeRoyalty(App storage a, address royaltyTo, uint16 royaltyBps) private {
        if (royaltyTo == address(0)) revert RoyaltyToZero();
        if (royaltyBps > MAX_ROYALTY_BPS) revert RoyaltyTooHigh(royaltyBps, MAX_ROYALTY_BPS);
        (a.royaltyTo, a.royaltyBps) = (royaltyTo, royaltyBps);
    }

    /// @dev The royalty sits in one slot: its address is never zero, so it alone tells whether the app is known.
    function _known(bytes32 app_) private view returns (App storage a) {
        a = _apps[app_];
        if (a.royaltyTo == address(0)) revert AppUnknown(app_);
    }
}
