// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAppRegistry} from "../../../src/interfaces/IAppRegistry.sol";
import {Test} from "../../utils/Test.sol";

contract AppRegistryTest is Test {
    bytes32 private constant DIGEST = keccak256("image");
    address private alice = address(0xA1);
    address private bob = address(0xB0);
    address private purse = address(0x9A);
    IAppRegistry private apps;
    bytes32 private id;

    function setUp() external {
        apps = IAppRegistry(vm.deployCode("AppRegistry.sol:AppRegistry", ""));
        id = _register(alice, DIGEST, purse, 3_000, "llama");
    }

    function _register(address who, bytes32 digest, address to, uint16 bps, string memory name)
        private
        returns (bytes32)
    {
        vm.prank(who);
        return apps.register(digest, to, bps, name);
    }

    function _expectUnknown() private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppUnknown.selector, DIGEST));
    }

    function _expectNotOwner(address who) private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.NotOwner.selector, id, who));
        vm.prank(who);
    }

    function _expectNotOffered(address who) private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.NotOffered.selector, id, who));
        vm.prank(who);
    }

    function test_Register_RevertWhen_Invalid() external {
        vm.expectRevert(IAppRegistry.DigestZero.selector);
        _register(bob, 0, purse, 0, "a");
        vm.expectRevert(IAppRegistry.RoyaltyToZero.selector);
        _register(bob, DIGEST, address(0), 0, "a");
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.RoyaltyTooHigh.selector, 3_001, 3_000));
        _register(bob, DIGEST, purse, 3_001, "a");
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.NameLengthInvalid.selector, 0, 64));
        _register(bob, DIGEST, purse, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.NameLengthInvalid.selector, 65, 64));
        _register(bob, DIGEST, purse, 0, string(new bytes(65)));
    }

    function test_Register_RevertWhen_Exists() external {
        vm.prank(alice);
        apps.offerOwner(id, bob);
        vm.prank(bob);
        apps.acceptOwner(id);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppExists.selector, id));
        _register(alice, DIGEST, purse, 0, "again");
    }

    function test_Register_SameImageOfAnotherIsAnotherApp() external {
        bytes32 second = _register(bob, DIGEST, bob, 1, string(new bytes(64)));
        vm.assertTrue(second != id, "id");
        (address to, uint16 bps) = apps.royalty(id);
        vm.assertEq(to, purse, "the first one's royalty");
        vm.assertEq(bps, 3_000, "bps");
    }

    function test_Register_Writes() external {
        bytes32 digest = keccak256("other");
        bytes32 expected = keccak256(abi.encode(bob, digest));
        vm.assertEq(apps.appId(bob, digest), expected, "id");
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppRegistered(expected, bob, digest, purse, 0, "free");
        vm.assertEq(_register(bob, digest, purse, 0, "free"), expected, "returned");
        IAppRegistry.App memory a = apps.app(expected);
        vm.assertEq(a.owner, bob, "owner");
        vm.assertEq(a.royaltyTo, purse, "to");
        vm.assertEq(a.royaltyBps, 0, "bps");
        vm.assertEq(a.imageDigest, digest, "digest");
        vm.assertEq(a.name, "free", "name");
    }

    function test_SetRoyalty_RevertWhen_NotOwner() external {
        _expectUnknown();
        apps.setRoyalty(DIGEST, purse, 0);
        _expectNotOwner(bob);
        apps.setRoyalty(id, bob, 0);
    }

    function test_SetRoyalty_RevertWhen_Invalid() external {
        vm.startPrank(alice);
        vm.expectRevert(IAppRegistry.RoyaltyToZero.selector);
        apps.setRoyalty(id, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.RoyaltyTooHigh.selector, 65_535, 3_000));
        apps.setRoyalty(id, purse, 65_535);
    }

    function test_SetRoyalty_Writes() external {
        vm.expectEmit(address(apps));
        emit IAppRegistry.RoyaltySet(id, bob, 5);
        vm.prank(alice);
        apps.setRoyalty(id, bob, 5);
        (address to, uint16 bps) = apps.royalty(id);
        vm.assertEq(to, bob, "to");
        vm.assertEq(bps, 5, "bps");
    }

    function test_Owner_RevertWhen_NotOwner() external {
        _expectUnknown();
        apps.offerOwner(DIGEST, bob);
        _expectNotOwner(bob);
        apps.offerOwner(id, bob);
        _expectUnknown();
        apps.acceptOwner(DIGEST);
        _expectNotOffered(bob);
        apps.acceptOwner(id);
    }

    function test_Owner_OfferIsTakenBack() external {
        vm.startPrank(alice);
        apps.offerOwner(id, bob);
        apps.offerOwner(id, address(0));
        vm.stopPrank();
        _expectNotOffered(bob);
        apps.acceptOwner(id);
    }

    function test_Owner_Moves() external {
        vm.expectEmit(address(apps));
        emit IAppRegistry.OwnerOffered(id, bob);
        vm.prank(alice);
        apps.offerOwner(id, bob);
        vm.assertEq(apps.app(id).owner, alice, "still");
        vm.expectEmit(address(apps));
        emit IAppRegistry.OwnerSet(id, bob);
        vm.prank(bob);
        apps.acceptOwner(id);
        vm.assertEq(apps.app(id).owner, bob, "now");
        vm.assertEq(apps.app(id).royaltyTo, purse, "royalty stays");
        _expectNotOffered(bob);
        apps.acceptOwner(id);
        _expectNotOwner(alice);
        apps.offerOwner(id, alice);
    }

    function test_Royalty_RevertWhen_Unknown() external {
        _expectUnknown();
        apps.royalty(DIGEST);
    }
}
