// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {OrderHash} from "../../src/libraries/OrderHash.sol";
import {ReceiptHash} from "../../src/libraries/ReceiptHash.sol";
import {Terms} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";
import {Samples} from "../utils/Samples.sol";
import {Types} from "../utils/Types.sol";

/// @dev The type strings of all that is signed, rebuilt from the ABI that the compiler wrote for the hash functions' arguments; and
/// the hashes, compared with forge's own EIP-712 code.
contract TypedHashTest is Fixture {
    string private constant MARKET = "IMarket";
    string private constant MANAGER = "ILeaseManager";
    string private constant REGISTRY = "IDatacenterRegistry";

    function test_Offer() external {
        string memory types = string.concat(_type(MARKET, "offerHash", 0), _pricesType(), _resourcesType());
        _same(types, Types.offer(), OrderHash.OFFER_TYPEHASH);
    }

    function test_Request() external {
        string memory types = string.concat(_type(MARKET, "requestHash", 0), _pricesType(), _resourcesType());
        _same(types, Types.request(), OrderHash.REQUEST_TYPEHASH);
    }

    function test_Receipt() external {
        string memory types = string.concat(_type(MANAGER, "receiptHash", 0), _type(MANAGER, "price", 1));
        _same(types, Types.receipt(), ReceiptHash.RECEIPT_TYPEHASH);
    }

    function test_Amendment() external {
        string memory types = string.concat(_type(MANAGER, "amendmentHash", 0), _type(MANAGER, "price", 1));
        _same(types, Types.amendment(), ReceiptHash.AMENDMENT_TYPEHASH);
    }

    function test_Attestation() external {
        string memory types = _type(REGISTRY, "attestationHash", 0);
        vm.assertEq(types, Types.ATTESTATION, "type");
    }

    /// @dev The one that is no struct: its members are the arguments of rootHash.
    function test_Root() external pure {
        vm.assertEq(keccak256(bytes(Types.ROOT)), ReceiptHash.ROOT_TYPEHASH, "type");
    }

    function test_Terms() external {
        string memory types = string.concat(_type(MANAGER, "hashTerms", 0), _pricesType(), _resourcesType());
        vm.assertEq(types, Types.terms(), "type");
    }

    function test_Parts() external {
        _same(_pricesType(), Types.PRICES, OrderHash.PRICES_TYPEHASH);
        _same(_resourcesType(), Types.RESOURCES, OrderHash.RESOURCES_TYPEHASH);
        _same(_type(MANAGER, "price", 1), Types.USAGE, ReceiptHash.USAGE_TYPEHASH);
    }

    function testFuzz_Hashes_AreForges(uint256 seed) external view {
        address m = address(market);
        _digest(m, market.offerHash(Samples.offer(seed)), Types.offer(), abi.encode(Samples.offer(seed)));
        _digest(m, market.requestHash(Samples.request(seed)), Types.request(), abi.encode(Samples.request(seed)));
        m = address(manager);
        _digest(m, manager.receiptHash(Samples.receipt(seed)), Types.receipt(), abi.encode(Samples.receipt(seed)));
        bytes32 amendment = manager.amendmentHash(Samples.amendment(seed));
        _digest(m, amendment, Types.amendment(), abi.encode(Samples.amendment(seed)));
        bytes32 root = bytes32(seed);
        _digest(m, manager.rootHash(tenant, root), Types.ROOT, abi.encode(tenant, root));
        bytes32 attestation = registry.attestationHash(Samples.attestation(seed));
        _digest(address(registry), attestation, Types.ATTESTATION, abi.encode(Samples.attestation(seed)));
    }

    /// @dev hashTerms copies words; this is what keeps their number right.
    function testFuzz_HashTerms_IsTheAbiEncoding(uint256 seed) external view {
        Terms memory terms = Samples.terms(seed);
        vm.assertEq(manager.hashTerms(terms), keccak256(abi.encode(terms)), "terms");
    }

    function _digest(address contract_, bytes32 digest, string memory types, bytes memory message) private view {
        bytes32 type_ = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(type_, keccak256("Federation"), keccak256("1"), block.chainid, contract_));
        bytes32 expected = keccak256(abi.encodePacked(hex"1901", domain, vm.eip712HashStruct(types, message)));
        vm.assertEq(digest, expected, types);
    }

    function _same(string memory rebuilt, string memory written, bytes32 typehash) private pure {
        vm.assertEq(rebuilt, written, "type");
        vm.assertEq(keccak256(bytes(rebuilt)), typehash, "typehash");
    }

    function _pricesType() private returns (string memory) {
        return _type(MANAGER, "price", 0);
    }

    function _resourcesType() private returns (string memory) {
        return _type(MANAGER, "rateCap", 1);
    }

    /// @return types of the n-th argument of a function
    function _type(string memory interface_, string memory function_, uint256 n) private returns (string memory types) {
        // Of the interfaces: what two compiler profiles build may have the profile in its name.
        string memory artifact = string.concat("out/", interface_, ".sol/", interface_);
        bool plain = vm.exists(string.concat(artifact, ".json"));
        string memory json = vm.readFile(string.concat(artifact, plain ? ".json" : ".default.json"));
        string memory path = string.concat("$.abi[?(@.name == '", function_, "')].inputs[", vm.toString(n), "]");
        string memory own = vm.parseJsonString(json, string.concat(path, ".internalType"));
        types = string.concat(_typeName(own), "(");
        for (uint256 i = 0;; ++i) {
            string memory member = string.concat(path, ".components[", vm.toString(i), "]");
            if (!vm.keyExistsJson(json, member)) return string.concat(types, ")");
            string memory type_ = vm.parseJsonString(json, string.concat(member, ".internalType"));
            string memory name = vm.parseJsonString(json, string.concat(member, ".name"));
            types = string.concat(types, i == 0 ? "" : ",", _typeName(type_), " ", name);
        }
    }

    /// @dev "struct IFace.Prices" and "struct Prices" are Prices, any other type is itself.
    function _typeName(string memory internalType) private pure returns (string memory) {
        bytes memory name = bytes(internalType);
        if (name.length < 7 || bytes7(name) != "struct ") return internalType;
        uint256 from = 7;
        for (uint256 i = 7; i < name.length; ++i) {
            if (name[i] == ".") from = i + 1;
        }
        bytes memory rest = new bytes(name.length - from);
        for (uint256 i = 0; i < rest.length; ++i) {
            rest[i] = name[i + from];
        }
        return string(rest);
    }
}
