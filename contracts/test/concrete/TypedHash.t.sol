// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TypedHash} from "../../src/libraries/TypedHash.sol";
import {Terms} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";
import {Samples} from "../utils/Samples.sol";

/// @dev The type strings, rebuilt from the ABI that the compiler wrote for the hash functions' arguments.
contract TypedHashTest is Fixture {
    string private abi_;

    function test_Offer() external {
        string memory own = _encodeType("offerHash");
        string memory types = string.concat(own, _nested(), _nestedResources());
        vm.assertEq(keccak256(bytes(types)), TypedHash.OFFER_TYPEHASH, types);
    }

    function test_Request() external {
        string memory own = _encodeType("requestHash");
        string memory types = string.concat(own, _nested(), _nestedResources());
        vm.assertEq(keccak256(bytes(types)), TypedHash.REQUEST_TYPEHASH, types);
    }

    function test_Receipt() external {
        string memory own = _encodeType("receiptHash");
        string memory usage = _struct(_input("price", 1));
        vm.assertEq(keccak256(bytes.concat(bytes(own), bytes(usage))), TypedHash.RECEIPT_TYPEHASH, own);
        vm.assertEq(keccak256(bytes(usage)), TypedHash.USAGE_TYPEHASH, usage);
    }

    function test_Parts() external {
        vm.assertEq(keccak256(bytes(_nested())), TypedHash.PRICES_TYPEHASH, "prices");
        vm.assertEq(keccak256(bytes(_nestedResources())), TypedHash.RESOURCES_TYPEHASH, "resources");
    }

    /// @dev hashTerms copies words; this is what keeps their number right.
    function testFuzz_HashTerms_IsTheAbiEncoding(uint256 seed) external view {
        Terms memory terms = Samples.terms(seed);
        vm.assertEq(manager.hashTerms(terms), keccak256(abi.encode(terms)), "terms");
    }

    function _nested() private returns (string memory) {
        return _struct(_input("price", 0));
    }

    function _nestedResources() private returns (string memory) {
        return _struct(_input("rateCap", 1));
    }

    function _encodeType(string memory function_) private returns (string memory) {
        return _struct(_input(function_, 0));
    }

    /// @return path of one argument in the artifact
    function _input(string memory function_, uint256 n) private returns (string memory path) {
        if (bytes(abi_).length == 0) abi_ = vm.readFile("out/ILeaseManager.sol/ILeaseManager.json");
        for (uint256 i = 0;; ++i) {
            path = string.concat(".abi[", vm.toString(i), "]");
            vm.assertTrue(vm.keyExistsJson(abi_, path), "function is in the ABI");
            if (!vm.keyExistsJson(abi_, string.concat(path, ".name"))) continue;
            string memory name = vm.parseJsonString(abi_, string.concat(path, ".name"));
            if (keccak256(bytes(name)) != keccak256(bytes(function_))) continue;
            return string.concat(path, ".inputs[", vm.toString(n), "]");
        }
    }

    function _struct(string memory path) private view returns (string memory types) {
        types = string.concat(_typeName(path), "(");
        for (uint256 i = 0;; ++i) {
            string memory member = string.concat(path, ".components[", vm.toString(i), "]");
            if (!vm.keyExistsJson(abi_, member)) return string.concat(types, ")");
            string memory name = vm.parseJsonString(abi_, string.concat(member, ".name"));
            types = string.concat(types, i == 0 ? "" : ",", _typeName(member), " ", name);
        }
    }

    /// @dev "struct Prices" is Prices, any other type is itself.
    function _typeName(string memory path) private view returns (string memory) {
        bytes memory name = bytes(vm.parseJsonString(abi_, string.concat(path, ".internalType")));
        if (name.length < 7 || bytes7(name) != "struct ") return string(name);
        bytes memory rest = new bytes(name.length - 7);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = name[i + 7];
        return string(rest);
    }
}
